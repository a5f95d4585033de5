/** Images and network of one region's instances. */
export type AwsRegion = {
  readonly region: string;
  /** `ami-…`, or `resolve:ssm:` followed by a parameter that names an image. */
  readonly imageId: string;
  /** Image for types with GPUs. */
  readonly gpuImageId: string;
  /** Subnet by zone; if empty, EC2's default network. */
  readonly subnets: ReadonlyMap<string, string>;
  /** If empty, the network's default group. The groups need no inbound rule. */
  readonly securityGroupIds: readonly string[];
};
