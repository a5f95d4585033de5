"""Everything that tritonclient's HTTP client can ask of a server of the Open Inference Protocol."""
import sys

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

port, key = sys.argv[1:]


def auth():
    """A new one for each call: the client writes into what it is given."""
    return {"Authorization": f"Bearer {key}"}


client = http.InferenceServerClient(f"127.0.0.1:{port}", concurrency=4)

assert client.is_server_live()
assert client.is_server_ready()
assert client.is_model_ready("softmax", headers=auth())
assert client.is_model_ready("softmax", "2", headers=auth())
assert not client.is_model_ready("nobody", headers=auth())
assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
assert client.get_model_metadata("softmax", headers=auth())["inputs"][0] == {
    "name": "x",
    "datatype": "FP32",
    "shape": [-1, 2],
}

rows = np.array([[1, 2], [2, 1], [0, 0]], dtype=np.float32)
expected = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)
for binary_in in (True, False):
    for outputs in (
        None,
        [http.InferRequestedOutput("probabilities", binary_data=True)],
        [http.InferRequestedOutput("probabilities", binary_data=False)],
    ):
        tensor = http.InferInput("x", rows.shape, "FP32")
        tensor.set_data_from_numpy(rows, binary_data=binary_in)
        result = client.infer("softmax", [tensor], outputs=outputs, request_id="7", headers=auth())
        np.testing.assert_allclose(result.as_numpy("probabilities"), expected, atol=1e-6)
        assert result.get_response()["id"] == "7"
        assert result.get_response()["model_version"] == "1"

pending = []
for _ in range(40):
    tensor = http.InferInput("x", rows.shape, "FP32")
    tensor.set_data_from_numpy(rows)
    pending.append(client.async_infer("softmax", [tensor], model_version="2", headers=auth()))
for one in pending:
    np.testing.assert_allclose(one.get_result().as_numpy("probabilities"), expected, atol=1e-6)

values = {
    "number": (np.array([[1.5]], dtype=np.float32), "FP32"),
    "whole": (np.array([2**53 + 1], dtype=np.int64), "INT64"),
    "text": (np.array([["Ünï"]], dtype=np.object_), "BYTES"),
    "flag": (np.array([True]), "BOOL"),
    "grid": (np.arange(6, dtype=np.float32).reshape(1, 2, 3), "FP32"),
    "open": (np.array([[7, 8, 9]], dtype=np.float32), "FP32"),
}
for binary in (True, False):
    inputs = []
    for name, (array, datatype) in values.items():
        tensor = http.InferInput(name, array.shape, datatype)
        tensor.set_data_from_numpy(array, binary_data=binary)
        inputs.append(tensor)
    outputs = [http.InferRequestedOutput(f"{name}_out", binary_data=binary) for name in values]
    result = client.infer("echo", inputs, outputs=outputs, headers=auth())
    for name, (array, datatype) in values.items():
        got = result.as_numpy(f"{name}_out")
        if datatype == "BYTES":
            text = got.ravel()[0]
            assert (text.decode() if isinstance(text, bytes) else text) == "Ünï", text
        else:
            assert np.array_equal(got, array), (name, got)

try:
    wrong = http.InferInput("x", [1, 3], "FP32")
    wrong.set_data_from_numpy(np.zeros((1, 3), dtype=np.float32))
    client.infer("softmax", [wrong], headers=auth())
    raise SystemExit("a wrong shape was taken")
except InferenceServerException as error:
    assert "shape" in error.message(), error

print("all good")
