"""The usual way to serve an ONNX file from Python: FastAPI and onnxruntime, one process. Arguments: file, port."""
import sys

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
app = FastAPI()


class Request(BaseModel):
    inputs: list[list[float]]


@app.post("/predict")
def predict(request: Request):
    (y,) = session.run(["y"], {"x": np.asarray(request.inputs, dtype=np.float32)})
    return {"y": y.tolist()}


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
