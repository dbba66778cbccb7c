"""The yardstick: a FastAPI route that does nothing, served as the service is served.

``python -m pricing_service.benching.noop`` prints its port.
"""

import uvicorn
from fastapi import FastAPI

from pricing_service import serving

app = FastAPI()


@app.post("/")
async def noop() -> dict:
    return {}


def main() -> None:
    listening = serving.listen("127.0.0.1", 0)
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, **serving.options())).run(sockets=[listening])


if __name__ == "__main__":
    main()
