// One life of a device under MicroPython's WebAssembly port, whose interpreter says which lines it runs:
//     node wasm.mjs PACKAGE LIFE.json
// LIFE has ``sources`` (name in the device's file system -> file here), ``data`` (the folder that the device keeps its files
// in, copied in before and out after), ``settings``, ``program`` (Python that is run in `on_wasm`) and ``told`` (the file that
// gets what ran, as `on_wasm.told` has it). It ends by itself, or by SIGTERM, which keeps everything as well.
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";

const parent = process.ppid;
const [folder, file] = process.argv.slice(2);
const life = JSON.parse(fs.readFileSync(file));
const { loadMicroPython } = await import(pathToFileURL(path.join(folder, "micropython.mjs")));
const mp = await loadMicroPython({
    url: path.join(folder, "micropython-settrace.wasm"),
    heapsize: 64 * 1024 * 1024,
    stdout: (text) => console.log(text),
});

function copied(from, to, reader, writer) {
    writer.mkdir(to);
    for (const name of reader.names(from)) {
        const [here, there] = [from + "/" + name, to + "/" + name];
        if (reader.isFolder(here)) copied(here, there, reader, writer);
        else writer.write(there, reader.read(here));
    }
}
const pc = {
    names: (folder) => fs.readdirSync(folder),
    isFolder: (name) => fs.statSync(name).isDirectory(),
    read: (name) => fs.readFileSync(name),
    mkdir: (folder) => fs.mkdirSync(folder, { recursive: true }),
    write: (name, data) => fs.writeFileSync(name, data),
};
const device = {
    names: (folder) => mp.FS.readdir(folder).filter((name) => name !== "." && name !== ".."),
    isFolder: (name) => mp.FS.isDir(mp.FS.stat(name).mode),
    read: (name) => mp.FS.readFile(name),
    mkdir: (folder) => mp.FS.mkdirTree(folder),
    write: (name, data) => mp.FS.writeFile(name, data),
};

// A connection as `on_wasm.Socket` polls it; bytes pass as hexadecimal digits.
function wire(socket) {
    let [received, isOver] = [Buffer.alloc(0), false];
    socket.on("data", (data) => (received = Buffer.concat([received, data])));
    socket.on("error", () => (isOver = true));
    socket.on("close", () => (isOver = true));
    socket.on("end", () => (isOver = true));
    return {
        take: (most) => {
            const taken = received.subarray(0, most).toString("hex");
            received = received.subarray(most);
            return taken;
        },
        isOver: () => isOver,
        isReady: () => isOver || !socket.connecting,
        send: (digits) => socket.write(Buffer.from(digits, "hex")),
        close: () => socket.end(),
    };
}
function ended(told) {
    fs.rmSync(life.data, { recursive: true, force: true });
    copied("/data", life.data, device, pc);
    fs.writeFileSync(life.told, told);
    process.exit(0);
}
mp.registerJsModule("wires", {
    connect: (host, port) => wire(net.connect(port, host)),
    listen: (host, port) => {
        const waiting = [];
        const server = net.createServer((socket) => waiting.push(wire(socket))).listen(port, host);
        return { accept: () => waiting.shift() ?? null, close: () => server.close() };
    },
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    setting: (name) => life.settings[name] ?? null,
    ended,
});
for (const [name, source] of Object.entries(life.sources)) {
    mp.FS.mkdirTree(path.dirname("/rung/" + name));
    mp.FS.writeFile("/rung/" + name, fs.readFileSync(source));
}
copied(life.data, "/data", pc, device);
setInterval(() => process.ppid === parent || process.exit(1), 1000); // nobody waits for it any more
process.on("SIGTERM", () => run("on_wasm.end()"));
function run(program) {
    try {
        mp.runPython(program);
    } catch (error) {
        console.log(error.message); // without the source line of a minified file, which node would show
        process.exit(1);
    }
}
run('import sys; sys.path.insert(0, "/rung")\nimport os; os.chdir("/rung")\nfrom tests.firmware.coverage import on_wasm');
run(life.program);
