"""Makes files as other people's tools make them; arguments: a folder."""
import gzip
import io
import os
import pickle
import sys
import zipfile

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

# the names are on the stack long before they are used, and decoys are pushed and popped in between
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
