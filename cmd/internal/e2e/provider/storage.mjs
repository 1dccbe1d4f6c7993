// The provider's memory. It has the shape that oidc-provider's own memory
// adapter stores into, and can be looked at and emptied by a test.

export class Storage {
  #entries = new Map();

  get(key) {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expires <= Date.now()) {
      this.#entries.delete(key);
      return undefined;
    }
    return entry.value;
  }

  set(key, value, { maxAge } = {}) {
    this.#entries.set(key, { value, expires: maxAge === undefined ? Infinity : Date.now() + maxAge });
  }

  delete(key) {
    this.#entries.delete(key);
  }

  // What is stored of one model, as in "RefreshToken".
  all(model) {
    return [...this.#entries.keys()]
      .filter((key) => key.startsWith(`${model}:`))
      .map((key) => this.get(key))
      .filter((value) => value !== undefined);
  }

  // Forgets every sign-in, as an administrator would end them; browsers stay
  // signed in.
  revokeAll() {
    for (const key of this.#entries.keys()) {
      if (/^(RefreshToken|AccessToken|AuthorizationCode|DeviceCode|Grant|grant):/.test(key)) {
        this.#entries.delete(key);
      }
    }
  }
}
