// What the devnet says while it works: lines with their duration for people, a spinner on a terminal, or one line of JSON
// per step of the story for machines.

export type StoryStep = 'deposit' | 'trade' | 'checkpoint' | 'crash' | 'withdraw';

export interface Progress {
  /** Part of the preparation: shown to people only. */
  phase<T>(title: string, run: () => Promise<T>): Promise<T>;
  /** A step of the story. `tell` shows something that has been checked. */
  step<T>(step: StoryStep, title: string, run: (tell: (fact: string) => void) => Promise<T>): Promise<T>;
  /** Text for people only. */
  say(text: string): void;
  /** The last line of a run that worked. */
  succeeded(): void;
  /** The last lines of a run that did not. */
  failed(error: unknown): void;
}

export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const FRAME_MS = 100;

/** @param stream where everything goes; with `json` nothing but JSON lines. */
export function createProgress({
  json,
  stream,
}: {
  readonly json: boolean;
  readonly stream: ProgressStream;
}): Progress {
  const line = (value: object) => json && stream.write(`${JSON.stringify(value)}\n`);
  const say = (text: string) => json || stream.write(`${text}\n`);
  /** What was going on when something failed. */
  let current: StoryStep | 'start' = 'start';

  async function timed<T>(title: string, run: () => Promise<T>): Promise<T> {
    const start = Date.now();
    const stop = json ? () => {} : showWaiting(stream, title);
    try {
      const result = await run();
      stop();
      say(`✓ ${title} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
      return result;
    } catch (error) {
      stop();
      say(`✗ ${title}`);
      throw error;
    }
  }

  return {
    phase: timed,
    async step(step, title, run) {
      current = step;
      const start = Date.now();
      const facts: string[] = [];
      const result = await timed(title, () => run((fact) => facts.push(fact)));
      for (const fact of facts) say(`    ${fact}`);
      line({ step, ok: true, ms: Date.now() - start });
      return result;
    },
    say,
    succeeded: () => line({ ok: true }),
    failed(error) {
      const message = error instanceof Error ? error.message : String(error);
      line({ step: current, ok: false, error: message });
      line({ ok: false });
      say(`\n${message}`);
    },
  };
}

/** On a terminal a turning sign with the seconds; elsewhere the title alone, so that a log shows what is going on. */
function showWaiting(stream: ProgressStream, title: string): () => void {
  if (!stream.isTTY) {
    stream.write(`… ${title}\n`);
    return () => {};
  }
  const start = Date.now();
  const timer = setInterval(() => {
    const elapsed = Date.now() - start;
    stream.write(
      `\r${SPINNER[Math.floor(elapsed / FRAME_MS) % SPINNER.length]} ${title} ${Math.floor(elapsed / 1000)} s`,
    );
  }, FRAME_MS);
  return () => {
    clearInterval(timer);
    stream.write('\r\u001B[K');
  };
}
