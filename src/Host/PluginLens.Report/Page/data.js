// Data of the page: base64 of compressed bytes, read when they are needed. They lie in elements that are no scripts, or came later from the page's server.

const came = new Map();

async function bytesOf(name) {
    const text = atob(came.get(name) ?? document.getElementById(`data-${name}`).textContent);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) {
        bytes[at] = text.charCodeAt(at);
    }

    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Response(plain).arrayBuffer();
}

async function textOf(name) {
    return new TextDecoder().decode(await bytesOf(name));
}

/** The arrays of a blob, as [kind, length] describes each. */
async function arraysOf(section) {
    const buffer = await bytesOf(section.blob);
    let start = 0;
    return section.arrays.map(([kind, length]) => {
        const type = { i32: Int32Array, f32: Float32Array, f64: Float64Array }[kind];
        const end = start + length * type.BYTES_PER_ELEMENT;
        const array = new type(buffer.slice(start, end));
        start = end;
        return array;
    });
}

const NO_INTEGER = -0x80000000;
let strings = [];
const textAt = number => number < 0 ? null : strings[number];
