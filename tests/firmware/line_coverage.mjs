// Runs tests under MicroPython's WebAssembly port and prints which lines ran, as JSON: see line_coverage.py.
//     node line_coverage.mjs FOLDER ROOT FILES.json MODULE...
// FOLDER is the unpacked npm package @micropython/micropython-webassembly-pyscript, FILES.json a list of files below ROOT.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, root, list, ...modules] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(path.join(folder, "micropython.mjs")));
let said = "";
const mp = await loadMicroPython({
    url: path.join(folder, "micropython-settrace.wasm"),
    heapsize: 64 * 1024 * 1024,
    stdout: (text) => (said = text),
});
for (const file of JSON.parse(fs.readFileSync(list))) {
    mp.FS.mkdirTree(path.dirname("/work/" + file));
    mp.FS.writeFile("/work/" + file, fs.readFileSync(path.join(root, file)));
}
mp.runPython(`
import json, os, sys
os.chdir("/work")
sys.path.insert(0, "/work")
seen = {}
def traced(frame, event, argument):
    if event == "line":
        seen[frame.f_code.co_filename + ":" + str(frame.f_lineno)] = True
    return traced
from tests.core import run_micropython
sys.settrace(traced)
failed = run_micropython.run(${JSON.stringify(modules)})
sys.settrace(None)
print(json.dumps([failed, list(seen)]))
`);
process.stdout.write(said);
