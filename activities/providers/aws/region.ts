/** Where and as what instances of one region are run. */
export type AwsRegion = {
  readonly region: string;
  /** `ami-…`, or `resolve:ssm:` and a parameter that names one. */
  readonly imageId: string;
  /** For types with GPUs. */
  readonly gpuImageId: string;
  /** Subnet by zone; empty: EC2's default network. */
  readonly subnets: ReadonlyMap<string, string>;
  /** Empty: the network's default group. They need no inbound rule. */
  readonly securityGroupIds: readonly string[];
};
