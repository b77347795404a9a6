/** A count as people read it: "1,234,567". */
export const whole = (count: number): string => Math.round(count).toLocaleString("en-US");
