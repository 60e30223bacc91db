"""Reads every Parquet file of a folder with a reference library and compares it with what vts wrote.

    parquet.py READER FOLDER      READER: pyarrow, duckdb, polars, ipc

Beside NAME.parquet (for `ipc`: NAME.arrow, an Arrow stream that another reader made of it) stands NAME.json:
{"fields": [field as vts writes schemas], "columns": [[text, ...], ...]}. A text is equal exactly when the value's bits are
(scripts/fixtures/expected.py lists the texts). Fails with the first difference; prints the number of values compared.
"""
import datetime
import json
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NUMBERS = {
    "Int8": "i1", "Int16": "<i2", "Int32": "<i4", "Int64": "<i8", "Float": "<f4", "Double": "<f8",
    "FloatVector": "<f4", "DoubleVector": "<f8", "Int8Vector": "i1",
}
EPOCH = datetime.datetime(1970, 1, 1)


def read(reader, path):
    """The table in the file at `path`, as Arrow."""
    if reader == "pyarrow":
        import pyarrow.parquet as pq
        return pq.read_table(path)
    if reader == "duckdb":
        import duckdb
        return duckdb.execute("SELECT * FROM read_parquet(?)", [str(path)]).to_arrow_table()
    if reader == "polars":
        import polars
        return polars.read_parquet(path).to_arrow()
    with pa.ipc.open_stream(path.with_suffix(".arrow")) as stream:
        return stream.read_all()


def one(column):
    """The column in one chunk."""
    chunks = column.chunks
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks) if chunks else pa.array([], column.type)


def raw(array, dtype):
    """The bytes of each value of a numeric array in hex, null or not; no float is touched."""
    buffer, width = array.buffers()[1], array.type.bit_width // 8
    assert width == np.dtype(dtype).itemsize, f"{array.type} instead of {dtype}"
    if buffer is None:
        return [""] * len(array)
    digits = buffer.slice(array.offset * width, len(array) * width).to_pybytes().hex()
    return [digits[i : i + 2 * width] for i in range(0, len(digits), 2 * width)]


def spans(array):
    """The (start, end) of each row of a list array in its values."""
    offsets = array.offsets.to_pylist()
    return list(zip(offsets, offsets[1:]))


def micros(text):
    """Microseconds since 1970 of a time that vts wrote."""
    assert text.endswith("Z"), text
    delta = datetime.datetime.fromisoformat(text[:-1]) - EPOCH
    return (delta.days * 86400 + delta.seconds) * 10**6 + delta.microseconds


def texts(array, field):
    """The texts of an array of the type of `field`."""
    valid = pc.is_valid(array).to_pylist()
    return [text if ok else "null" for text, ok in zip(present(array, field), valid)]


def present(array, field):
    """As `texts`, anything where a row is null."""
    kind = field["type"]
    if kind in ("FloatVector", "DoubleVector", "Int8Vector"):
        assert array.values.null_count == 0
        items = raw(array.values, NUMBERS[kind])
        return ["".join(items[a:b]) for a, b in spans(array)]
    if kind in NUMBERS:
        return raw(array, NUMBERS[kind])
    if kind == "Bool":
        return ["true" if v else "false" for v in array.to_pylist()]
    if kind == "Timestamptz":
        return [np.int64(micros(v)).tobytes().hex() if v is not None else "" for v in array.to_pylist()]
    if kind in ("VarChar", "JSON", "Geometry"):
        return [json.dumps(v, ensure_ascii=False) for v in array.to_pylist()]
    if kind in ("Float16Vector", "BFloat16Vector", "BinaryVector"):
        return [v.hex() if v is not None else "" for v in array.to_pylist()]
    if kind == "SparseFloatVector":
        indices, values = array.field("indices"), array.field("values")
        left, right = raw(indices.values, "<u4"), raw(values.values, "<f4")
        return ["".join(left[i] + right[j] for i, j in zip(range(a, b), range(c, d)))
                for (a, b), (c, d) in zip(spans(indices), spans(values))]
    if kind == "Array":
        parts = [texts(array.values, field["element"])]
    else:
        assert kind == "StructArray", kind
        assert array.values.null_count == 0
        parts = [texts(array.values.field(f["name"]), f) for f in field["fields"]]
    items = [f"({';'.join(item)})" for item in zip(*parts)]
    return [f"[{','.join(items[a:b])}]" for a, b in spans(array)]


def main(reader, folder):
    compared = 0
    for path in sorted(pathlib.Path(folder).glob("*.parquet")):
        expected = json.loads(path.with_suffix(".json").read_text())
        table = read(reader, path)
        names = [field["name"] for field in expected["fields"]]
        assert table.column_names == names, f"{path.name}: {table.column_names} instead of {names}"
        for field, want in zip(expected["fields"], expected["columns"]):
            where = f"{reader} {path.name} {field['name']}"
            got = texts(one(table[field["name"]]), field)
            assert len(got) == len(want), f"{where}: {len(got)} rows instead of {len(want)}"
            for row, (a, b) in enumerate(zip(got, want)):
                assert a == b, f"{where}[{row}]: {a} instead of {b}"
            compared += len(got)
    print(compared)


main(sys.argv[1], sys.argv[2])
