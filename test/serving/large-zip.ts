import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';

/** `os.system` in protocol 2. */
const evil = Buffer.from('\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R.', 'latin1');

/** A stored archive (APPNOTE 4.3): an entry of zeros, which takes no disk space, then a pickle. */
export function writeLargeZip(path: string, zeroBytes: number): void {
  const entries = [
    { name: 'archive/data/0', size: zeroBytes },
    { name: 'archive/data.pkl', size: evil.length },
  ];
  const file = openSync(path, 'w');
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, size } of entries) {
    const sizes = Buffer.alloc(26);
    sizes.writeUInt16LE(20, 0);
    sizes.writeUInt32LE(size, 14);
    sizes.writeUInt32LE(size, 18);
    sizes.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), sizes, Buffer.from(name)]);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), sizes, central, Buffer.from(name)]));
    writeSync(file, local, 0, local.length, at);
    at += local.length;
    if (size === evil.length) writeSync(file, evil, 0, size, at);
    at += size;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  closeSync(file);
  truncateSync(path, at);
  const tail = openSync(path, 'r+');
  writeSync(tail, Buffer.concat([central, end]), 0, central.length + end.length, at);
  closeSync(tail);
}
