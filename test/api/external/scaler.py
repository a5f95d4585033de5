"""A model as MLServer's own documentation has custom ones: its file is a pickle with a factor."""
import os
import pickle

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.errors import InferenceError
from mlserver.types import InferenceRequest, InferenceResponse


class Scaler(MLModel):
    async def load(self) -> bool:
        with open(os.path.join(os.path.dirname(__file__), "model.pkl"), "rb") as file:
            self.factor = pickle.load(file)["factor"]
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        rows = self.decode(payload.inputs[0], default_codec=NumpyCodec)
        if np.any(rows < 0):
            raise InferenceError("no negative numbers")
        output = NumpyCodec.encode_output("y", (rows * self.factor).astype(np.float32))
        return InferenceResponse(model_name=self.name, outputs=[output])
