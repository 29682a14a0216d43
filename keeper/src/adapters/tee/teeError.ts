/** The guest agent, its keys or what was encrypted with them cannot be trusted or used. */
export class TeeError extends Error {
  override readonly name = 'TeeError';
}
