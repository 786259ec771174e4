/** Why one call stays a call. Its message is for the person who marked the callee. */
export class Refusal extends Error {}
