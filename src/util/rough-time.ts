/** "45 s", "12 min", "3 h". */
export function roughTime(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

/** What a thing that is under way still takes, "12 min left": one second at least, since it is not finished. */
export const roughTimeLeft = (seconds: number): string => `${roughTime(Math.max(1, seconds))} left`;
