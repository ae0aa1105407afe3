/**
 * Places for labels at the ends of lines: as near to where each wants to be as `gap` between neighbours allows, all
 * within [0, 1]. Places keep their order; more labels than room stand evenly.
 */
export function labelPlaces(wanted: readonly number[], gap: number): readonly number[] {
  const room = wanted.length > 1 ? Math.min(gap, 1 / (wanted.length - 1)) : gap;
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b] || a - b);
  // Clusters of labels that touch are centred on the mean of what they want; two that come to touch become one.
  const clusters: { members: number[]; centre: number }[] = [];
  for (const i of order) {
    let cluster = { members: [i], centre: clamp(wanted[i], 0) };
    for (let last = clusters.at(-1); last && tooNear(last, cluster, room); last = clusters.at(-1)) {
      clusters.pop();
      const members = [...last.members, ...cluster.members];
      const centre = members.reduce((sum, m) => sum + wanted[m], 0) / members.length;
      cluster = { members, centre: clamp(centre, (room * (members.length - 1)) / 2) };
    }
    clusters.push(cluster);
  }
  const places = Array<number>(wanted.length);
  for (const { members, centre } of clusters)
    members.forEach((m, k) => (places[m] = centre + room * (k - (members.length - 1) / 2)));
  return places;
}

function tooNear(
  a: { members: number[]; centre: number },
  b: { members: number[]; centre: number },
  room: number,
): boolean {
  const half = (room * (a.members.length + b.members.length)) / 2;
  return b.centre - a.centre < half - 1e-9;
}

function clamp(centre: number, half: number): number {
  return Math.max(half, Math.min(1 - half, centre));
}
