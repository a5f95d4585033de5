import { rejected } from './rejected.ts';

/** Opcodes of Python's pickle (`pickletools.opcodes`) with an argument of fixed size, and with one of a told length. */
const fixedBytes: Readonly<Record<string, number>> = {
  ...{ K: 1, M: 2, J: 4, G: 8, h: 1, j: 4, q: 1, r: 4, '\x80': 1, '\x95': 8 },
};
const lengthBytes: Readonly<Record<string, number>> = {
  ...{ T: 4, U: 1, X: 4, B: 4, C: 1, '\x8a': 1, '\x8b': 4, '\x8c': 1, '\x8d': 8, '\x8e': 8, '\x96': 8 },
};
const lines = new Set(Array.from('FILSVPgp'));
const texts = new Set(Array.from('TUXSV\x8c\x8d'));
const extensionCodes = new Set(Array.from('\x82\x83\x84'));
/** How many values an opcode without argument takes from the stack and puts there; `mark`: down to the last mark. */
const effects: Readonly<Record<string, readonly [takes: number | 'mark', puts: 0 | 1]>> = {
  ...{
    N: [0, 1],
    ']': [0, 1],
    '}': [0, 1],
    ')': [0, 1],
    '\x88': [0, 1],
    '\x89': [0, 1],
    '\x8f': [0, 1],
    '\x97': [0, 1],
  },
  ...{
    '0': [1, 0],
    a: [1, 0],
    b: [1, 0],
    s: [2, 0],
    '1': ['mark', 0],
    e: ['mark', 0],
    u: ['mark', 0],
    '\x90': ['mark', 0],
  },
  ...{ t: ['mark', 1], l: ['mark', 1], d: ['mark', 1], o: ['mark', 1], '\x91': ['mark', 1] },
  ...{
    Q: [1, 1],
    R: [2, 1],
    '\x81': [2, 1],
    '\x92': [3, 1],
    '\x85': [1, 1],
    '\x86': [2, 1],
    '\x87': [3, 1],
    '\x98': [0, 0],
  },
};

/** Modules whose functions run programs, open files or connections, or evaluate code. As picklescan has them, and more. */
const dangerous =
  /^(?:os|posix|nt|posixpath|ntpath|subprocess|sys|socket|ssl|shutil|runpy|pty|pickle|_pickle|dill|cloudpickle|importlib|imp|ctypes|_ctypes|webbrowser|http|httplib|httpx|urllib|requests|aiohttp|asyncio|ftplib|smtplib|telnetlib|bdb|pdb|cProfile|profile|trace|timeit|code|codeop|commands|pip|signal|platform|multiprocessing|threading|_thread|tempfile|pathlib|io|_io|glob|zipimport|pkgutil|pydoc|doctest|idlelib|lib2to3|venv|ensurepip|distutils|setuptools|torch\.hub|torch\._dynamo|torch\.utils\.collect_env|numpy\.testing|numpy\.f2py|types|marshal|gc|inspect|linecache|uuid)(?:\.|$)/;
const dangerousNames =
  /^(?:builtins|__builtin__)\.(?:eval|exec|execfile|compile|open|input|getattr|setattr|delattr|globals|locals|vars|__import__|breakpoint|apply|memoryview|help|exit|quit)$|^operator\.(?:attrgetter|itemgetter|methodcaller)$|^functools\.(?:partial|reduce)$/;

const maxNameBytes = 1000;
const latin = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
const cut = () => rejected('It is a Python pickle that is cut short or of an unknown kind.');

/** A text that the pickle pushes, `null` for any other value. */
type Value = string | null | typeof mark;
const mark = Symbol('mark');

/** Follows what a pickle does with its stack, without doing anything of it. */
class Reader {
  readonly imports = new Set<string>();
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: Value[] = [];
  readonly #memo = new Map<number, Value>();
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads up to the end of the pickle. */
  read(): void {
    while (this.#at < this.#bytes.length) {
      const op = String.fromCharCode(this.#bytes[this.#at++] ?? 0);
      if (op === '.') return;
      this.#step(op);
    }
    throw cut();
  }

  #step(op: string): void {
    const effect = effects[op];
    if (op === '(') this.#stack.push(mark);
    else if (op === '2') this.#stack.push(this.#stack.at(-1) ?? null);
    else if (op === '\x94') this.#memo.set(this.#memo.size, this.#stack.at(-1) ?? null);
    else if (op === 'c' || op === 'i') this.#importLine(op);
    else if (op === '\x93') this.#importStack();
    else if (extensionCodes.has(op)) throw rejected('It uses pickle extension codes, which can stand for anything.');
    else if (effect !== undefined) this.#apply(effect);
    else if (op in lengthBytes) this.#pushCounted(op);
    else if (lines.has(op)) this.#readLine(op);
    else if (op in fixedBytes) this.#readFixed(op);
    else throw cut();
  }

  #apply([takes, puts]: readonly [number | 'mark', 0 | 1]): void {
    if (takes === 'mark') {
      const at = this.#stack.lastIndexOf(mark);
      if (at === -1) throw cut();
      this.#stack.length = at;
    } else {
      if (takes > this.#stack.length) throw cut();
      this.#stack.length -= takes;
    }
    if (puts === 1) this.#stack.push(null);
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end === -1) throw cut();
    const line = latin(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return line;
  }

  #number(size: number): number {
    if (this.#at + size > this.#bytes.length) throw cut();
    const at = this.#at;
    this.#at += size;
    if (size === 8) return Number(this.#view.getBigUint64(at, true));
    if (size === 4) return this.#view.getUint32(at, true);
    return size === 2 ? this.#view.getUint16(at, true) : this.#view.getUint8(at);
  }

  #importLine(op: string): void {
    this.imports.add(`${this.#line()}.${this.#line()}`);
    this.#apply(op === 'i' ? ['mark', 1] : [0, 1]);
  }

  #importStack(): void {
    const [module, name] = this.#stack.slice(-2);
    if (typeof module !== 'string' || typeof name !== 'string')
      throw rejected('It imports what cannot be told from its bytes.');
    this.imports.add(`${module}.${name}`);
    this.#apply([2, 1]);
  }

  #pushCounted(op: string): void {
    const length = this.#number(lengthBytes[op] ?? 0);
    const end = this.#at + length;
    if (end > this.#bytes.length) throw cut();
    const isText = texts.has(op) && length <= maxNameBytes;
    this.#stack.push(isText ? latin(this.#bytes.subarray(this.#at, end)) : null);
    this.#at = end;
  }

  #readLine(op: string): void {
    const line = this.#line();
    if (op === 'p') this.#memo.set(Number(line), this.#stack.at(-1) ?? null);
    else if (op === 'g') this.#stack.push(this.#memo.get(Number(line)) ?? null);
    else this.#stack.push(texts.has(op) ? line.replaceAll(/^['"]|['"]$/g, '') : null);
  }

  #readFixed(op: string): void {
    const value = this.#number(fixedBytes[op] ?? 0);
    if (op === 'q' || op === 'r') this.#memo.set(value, this.#stack.at(-1) ?? null);
    else if (op === 'h' || op === 'j') this.#stack.push(this.#memo.get(value) ?? null);
    else if (op !== '\x80' && op !== '\x95') this.#stack.push(null);
  }
}

/** @throws ArtenicError `model-rejected` that names what opening it would run */
export function refuseDangerousPickle(bytes: Uint8Array): void {
  const reader = new Reader(bytes);
  reader.read();
  const found = [...reader.imports].filter((name) => dangerous.test(name) || dangerousNames.test(name));
  if (found.length > 0) throw rejected(`Opening it would run code: it imports ${found.slice(0, 5).join(', ')}.`);
}
