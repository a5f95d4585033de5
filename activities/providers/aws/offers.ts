import type { CatalogOffer } from '../../../core/catalog/catalog.ts';
import type { Offer } from '../../../core/failover/types.ts';
import type { Ec2 } from './ec2.ts';
import { instanceTypeOf, instanceTypes } from './instance-types.ts';
import { onDemandPricesOf, type OnDemandPrices } from './prices.ts';
import type { AwsRegion } from './region.ts';

/** Billing of Linux on EC2 (aws.amazon.com/ec2/pricing: per second, at least a minute). */
const billing = { minimumSeconds: 60, granularitySeconds: 1 } as const;

/** Price rows of one region: spot from EC2's own history, on-demand from a dated table. */
export class RegionOffers {
  readonly #region: AwsRegion;
  readonly #ec2: Ec2;
  readonly #onDemand: OnDemandPrices;

  constructor(region: AwsRegion, ec2: Ec2, onDemand: OnDemandPrices) {
    this.#region = region;
    this.#ec2 = ec2;
    this.#onDemand = onDemand;
  }

  /** Offers of the types in `instance-types.ts`. */
  async read(part: 'all' | 'spot'): Promise<readonly CatalogOffer[]> {
    const rows = [...(part === 'spot' ? [] : this.#onDemandOffers()), ...(await this.#spotOffers())];
    return rows.flatMap((offer) => {
      const resources = instanceTypeOf(offer.instanceType);
      return resources === null ? [] : [{ ...offer, resources }];
    });
  }

  #onDemandOffers(): readonly Offer[] {
    const { region, subnets } = this.#region;
    // the price is the same in all zones; without configured subnets, EC2 chooses the zone
    const places = subnets.size === 0 ? [{}] : [...subnets.keys()].map((zone) => ({ zone }));
    return onDemandPricesOf(this.#onDemand, region).flatMap(({ instanceType, priceUsdMicrosPerHour, pricedAt }) =>
      places.map((place) => ({
        ...{ provider: 'aws', region, ...place, instanceType, spot: false, priceUsdMicrosPerHour },
        billing: { pricedAt, ...billing },
      })),
    );
  }

  async #spotOffers(): Promise<readonly Offer[]> {
    const { region, subnets } = this.#region;
    const pricedAt = new Date().toISOString();
    const prices = await this.#ec2.spotPrices(Object.keys(instanceTypes));
    return prices
      .filter(({ zone }) => subnets.size === 0 || subnets.has(zone))
      .map(({ instanceType, zone, priceUsdMicrosPerHour }) => ({
        ...{ provider: 'aws', region, zone, instanceType, spot: true, priceUsdMicrosPerHour },
        billing: { pricedAt, ...billing },
      }));
  }
}
