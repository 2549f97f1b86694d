/** How long a condition may take to come about, for vi.waitFor and expect.poll: their second is short on a busy machine. */
export const PATIENT = { timeout: 30_000 };
