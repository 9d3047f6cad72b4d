// An authenticator application, as a telephone holds it: it waits for the next code where the last one was used.
import { createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

const STEP = 30_000;
/** So long before the step ends the code of the step before it is not typed any more. */
const MARGIN = 5_000;

export class Authenticator {
  #key;
  #last = 0;

  constructor(key) {
    this.#key = key;
  }

  /** One that the key on the page was typed into. */
  static typed(text) {
    const digits = text.replace(/\s/g, '').toUpperCase();
    const bits = [...digits].map((digit) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(digit).toString(2).padStart(5, '0')).join('');
    return new Authenticator(Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2))));
  }

  /** A code that was not used before; the one of the step before now, as long as that is good, keeps the next one for later. */
  async code() {
    const now = Date.now();
    const present = Math.floor(now / STEP);
    const first = STEP - (now % STEP) > MARGIN ? present - 1 : present;
    const step = Math.max(first, this.#last + 1);
    if (step > present) await wait(step * STEP - now + 100);
    this.#last = step;
    return this.#at(step);
  }

  #at(step) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const digest = createHmac('sha1', this.#key).update(counter).digest();
    const number = digest.readUInt32BE(digest[19] & 15) & 0x7fff_ffff;
    return String(number % 1_000_000).padStart(6, '0');
  }
}
