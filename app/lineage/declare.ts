import { ArtenicError } from '../../core/errors.ts';
import { faultOfLink, relationRules, type LineageLink } from '../../core/lineage/relations.ts';
import type { ProjectPrincipal, Repositories } from '../../store/types.ts';

const textOf = ({ source, target, relation }: LineageLink): string =>
  `${source.kind} ${source.id} → ${target.kind} ${target.id} (${relation})`;

/** Writes edges that a caller declares. Throws `validation-failed` for those that there cannot be. */
export async function declareEdges(
  { lineage, audit }: Pick<Repositories, 'lineage' | 'audit'>,
  { projectId }: ProjectPrincipal,
  links: readonly LineageLink[],
): Promise<void> {
  for (const link of links) {
    const fault = relationRules[link.relation].isDeclarable
      ? faultOfLink(link)
      : `\`${link.relation}\` is written by the platform only`;
    if (fault !== null) throw new ArtenicError('validation-failed', `The edge is refused: ${fault}.`);
  }
  await lineage.write(
    projectId,
    links.map((link) => ({ ...link, origin: 'declared' })),
  );
  for (const link of links)
    await audit.append({ verb: 'lineage.declare', subject: link.target.id, details: { edge: textOf(link) } });
}

/** Removes an edge that a caller has declared. Throws `not-found`, and `conflict` for one of the platform. */
export async function removeEdge(
  { lineage, audit }: Pick<Repositories, 'lineage' | 'audit'>,
  { projectId }: ProjectPrincipal,
  link: LineageLink,
): Promise<void> {
  await lineage.removeDeclared(projectId, link);
  await audit.append({ verb: 'lineage.remove', subject: link.target.id, details: { edge: textOf(link) } });
}
