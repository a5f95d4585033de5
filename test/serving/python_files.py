"""Makes files as other people's tools make them; arguments: a folder."""
import gzip
import io
import os
import pickle
import struct
import sys
import tarfile
import zipfile
import zlib

folder = sys.argv[1]


def write(name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


class Evil:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


for protocol in range(6):
    write(f"good-{protocol}.pkl", pickle.dumps({"weights": [1.5, 2], "names": ["os", "system"]}, protocol))
    write(f"evil-{protocol}.pkl", pickle.dumps(Evil(os.system, "true"), protocol))
    write(f"eval-{protocol}.pkl", pickle.dumps([1, Evil(eval, "1")], protocol))

# The names are on the stack long before they are used, and decoys are pushed and popped in between.
write("decoy.pkl", b"\x80\x04\x8c\x02os\x8c\x06system\x8c\x01a\x8c\x01b00\x93\x8c\x04true\x85R.")
write("memo.pkl", b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x8c\x01ah\x00h\x01\x93\x8c\x04true\x85R.")
write("computed.pkl", b"\x80\x04K\x01\x8c\x06system\x93.")


def archive(entries, **options):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as file:
        for name, data in entries:
            file.writestr(name, data)
    return buffer.getvalue()


good = pickle.dumps({"a": 1}, 2)
evil = pickle.dumps(Evil(os.system, "true"), 2)
write("good.pt", archive([("archive/data.pkl", good), ("archive/data/0", b"\0" * 64)]))
write("evil.pt", archive([("archive/data.pkl", evil)]))
write("packed-evil.pt", archive([("archive/data.pkl", evil + b"\0" * 1000)], compression=zipfile.ZIP_DEFLATED))
write("bomb.zip", archive([("archive/data/0", b"\0" * 200_000_000)], compression=zipfile.ZIP_DEFLATED))
write("escape.zip", archive([("../../etc/cron.d/x", b"x")]))
write("lambda.keras", archive([("config.json", b'{"layers": [{"class_name": "Lambda"}]}')]))
write("cut.zip", archive([("a", b"b" * 100)])[:60])
write("bomb.gz", gzip.compress(b"\0" * 200_000_000))
write("good.gz", gzip.compress(os.urandom(1000)))


def text(value):
    return b"\x8c" + bytes([len(value)]) + value.encode()


def call(module, name):
    """Calls a function by its name, which need not be there."""
    return b"\x80\x04" + text(module) + text(name) + b"\x93" + text("true") + b"\x85R."


imports = sys.argv[2:]
for one in imports:
    module, name = one.split(":")
    write(f"import-{module}.{name}.pkl", call(module, name))

# Disguised pickles that run a program.
old = pickle.dumps(Evil(os.system, "true"), 0)
evil4 = pickle.dumps(Evil(os.system, "true"), 4)
good4 = pickle.dumps([1], 4)
magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
write("second.pkl", good4 + evil4)
write("legacy-evil.pt", magic + pickle.dumps(1001, 2) + good + evil + good + b"\1" * 100)
write("legacy-good.pt", magic + pickle.dumps(1001, 2) + good + good + good + b"\1" * 100)
write("behind.pkl", good4 + b"\1" * 100)
write("partial.pkl", evil4[:-1] + b"\xff")
write("evil.pkl.gz", gzip.compress(evil4))
write("good.pkl.gz", gzip.compress(good4))
write("twice.gz", gzip.compress(zlib.compress(evil4)))
write("evil.zlib", zlib.compress(evil4))
write("good.zlib", zlib.compress(good4))
write("old.bin", old)
write("old-inst.bin", b"(S'true'\nios\nsystem\n.")
write("upper.pt", archive([("archive/data.PKL", evil)]))
write("renamed.pt", archive([("archive/data.pkl", good), ("archive/weights", evil)]))
write("renamed-old.pt", archive([("archive/data.pkl", good), ("archive/weights", old)], compression=zipfile.ZIP_DEFLATED))
write("nested.pt", archive([("archive/inner.zip", archive([("data", evil)]))]))
write("packed-entry.pt", archive([("archive/data.pkl", good), ("archive/weights", gzip.compress(evil))]))
write("front.zip", b"\0" + archive([("data.pkl", evil)]))
write("front-pickle.zip", old + archive([("data", b"1234")]))
write("xz.pkl", b"\xfd7zXZ\0" + bytes(100))
write("extension.pkl", b"\x80\x02\x82\x01.")
write("dotted.pkl", b"\x80\x04" + text("sklearn.base") + text("os.system") + b"\x93" + text("true") + b"\x85R.")
write("sklearn.pkl", call("sklearn.linear_model._base", "LinearRegression"))
write("near.pkl", call("sklearnevil", "run"))


def tar(entries):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


write("evil.tar", tar([("a", b"x" * 10), ("model/data", evil)]))
write("evil.tar.gz", gzip.compress(tar([("model/assets/data", evil)])))
write("good.tar.gz", gzip.compress(tar([("model/saved_model.pb", b"\x08\x01" + os.urandom(1000)), ("model/empty", b"")])))

# More entries than a 16-bit number can count; the last entry is a pickle.
with zipfile.ZipFile(os.path.join(folder, "zip64.pt"), "w") as file:
    for index in range(65_600):
        file.writestr(zipfile.ZipInfo(f"{index}"), b"")
    file.writestr("data.pkl", evil)


def array(header, version=1, data=b""):
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header.encode() + data


write("objects.npy", array("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", 1, evil))
write("objects-2.npy", array("{'descr': [('a', '<f4'), ('b', 'O')], 'fortran_order': False, 'shape': (1,), }\n", 2, evil))
write("objects-escaped.npy", array("{'descr': '\\x7c\\x4f', 'fortran_order': False, 'shape': (1,), }\n", 1, evil))
write("objects.npz", archive([("a.npy", array("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", 1, evil))]))
write("good.npy", array("{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }\n", 1, bytes(32)))

# Keras
write("escaped.keras", archive([("config.json", rb'{"layers": [{"class_name": "\u004cambda"}]}')]))
write("spaced.keras", archive([("config.json", b'{"layers": [{"class_name"  :\n"Lambda"}]}')]))
write("module.keras", archive([("config.json", b'{"class_name": "function", "module": "os", "config": "system"}')]))
write("not-json.keras", archive([("config.json", b'{"class_name": "Lambda"')]))
write("good.keras", archive([("config.json", b'{"module": "keras.src.models", "class_name": "Functional", "config": {"layers": [{"module": null, "class_name": "Lambdas"}]}}'), ("model.weights.h5", b"\x89HDF\r\n\x1a\n" + bytes(100))]))
hdf5 = b"\x89HDF\r\n\x1a\n" + bytes(1000) + rb'{"config": {"layers": [{"class_name" : "Lambd\u0061"}]}}' + bytes(100)
write("lambda.h5", hdf5)
write("lambda-block.h5", bytes(512) + hdf5)
write("lambda-late.h5", bytes(4096) + hdf5)
write("lambda-far.h5", b"\x89HDF\r\n\x1a\n" + b"x" * (16 * 1024**2 - 18) + b'"class_name":"Lambda"')
