"""What a careful user would write today: one function per conversion, over faiss, h5py, pyarrow, orjson, polars and DuckDB.

    reference.py make FOLDER ROWS DIM             the inputs, all with the same rows
    reference.py make_ivf FOLDER                  beside them, the vectors of in.faiss as IVF4096,Flat and IVF4096,PQ16
    reference.py convert VARIANT FROM TO          by extension; VARIANT is "usual", or names the library
    reference.py check A B                        exit 1 unless both files hold the same vectors, bit by bit

Rows have an id (int64), a number (int32), a score (float64) and a vector (float32); Faiss and NumPy files only the vector.
Every output is written beside its place, synced and renamed. Imports stay in the functions, so that a conversion loads only
what it needs, as a user's script would.
"""
import os
import sys

import numpy as np

CHUNK = 65536
SCALARS = {"id": "i8", "number": "i4", "score": "f8"}


def extension(path):
    return path.rsplit(".", 1)[1]


def make(folder, rows, dim):
    import faiss
    import h5py
    import orjson
    import pyarrow.parquet as pq

    rng = np.random.default_rng(7)
    index = faiss.IndexFlatL2(dim)
    matrix = np.lib.format.open_memmap(f"{folder}/in.npy", "w+", "f4", (rows, dim))
    with h5py.File(f"{folder}/in.h5", "w") as h5, open(f"{folder}/in.jsonl", "wb") as lines, \
            pq.ParquetWriter(f"{folder}/in.parquet", schema(dim), compression="none", use_dictionary=False) as parquet, \
            pq.ParquetWriter(f"{folder}/in.default.parquet", schema(dim)) as default, \
            pq.ParquetWriter(f"{folder}/in.zstd.parquet", schema(dim), compression="zstd", use_dictionary=False) as zstd:
        sets = create_sets(h5, rows, dim)
        for start in range(0, rows, 1 << 20):
            n = min(1 << 20, rows - start)
            x = rng.standard_normal((n, dim), dtype=np.float32)
            ids = np.arange(start, start + n, dtype=np.int64)
            columns = {"id": ids, "number": (ids % 1000).astype("i4"), "score": rng.standard_normal(n), "vector": x}
            index.add(x)
            matrix[start:start + n] = x
            for name, values in columns.items():
                sets[name][start:start + n] = values
            table = arrow_table(columns)
            for writer in (parquet, default, zstd):
                writer.write_table(table, row_group_size=1 << 20)
            lines.writelines(json_lines(orjson, columns))
    faiss.write_index(index, f"{folder}/in.faiss")


def make_ivf(folder):
    import faiss

    flat = faiss.read_index(f"{folder}/in.faiss")
    x = flat.reconstruct_n(0, flat.ntotal)
    nlist = min(4096, max(1, len(x) // 40))
    # Which list a vector is in does not matter here, and finding the right one takes long.
    lists = np.random.default_rng(5).integers(0, nlist, len(x))
    for name, codes in [("ivfflat", "Flat"), ("ivfpq", "PQ16")]:
        index = faiss.index_factory(x.shape[1], f"IVF{nlist},{codes}")
        index.quantizer.add(x[:nlist])
        index.train(x[:20000])
        index.add_core(len(x), faiss.swig_ptr(x), None, faiss.swig_ptr(lists))
        faiss.write_index(index, f"{folder}/in.{name}.faiss")


def schema(dim):
    import pyarrow as pa
    return pa.schema({"id": pa.int64(), "number": pa.int32(), "score": pa.float64(), "vector": pa.list_(pa.float32(), dim)})


def arrow_table(columns):
    import pyarrow as pa
    x = columns["vector"]
    vector = pa.FixedSizeListArray.from_arrays(pa.array(x.reshape(-1)), x.shape[1])
    return pa.table({name: pa.array(columns[name]) for name in SCALARS if name in columns} | {"vector": vector})


def create_sets(h5, rows, dim):
    sets = {name: h5.create_dataset(name, (rows,), dtype=dtype) for name, dtype in SCALARS.items()}
    return sets | {"vector": h5.create_dataset("vector", (rows, dim), dtype="f4")}


def json_lines(orjson, columns):
    names = list(columns)
    lists = [columns[name] if name == "vector" else columns[name].tolist() for name in names]
    for row in zip(*lists):
        yield orjson.dumps(dict(zip(names, row)), option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE)


def read_faiss(path):
    import faiss
    index = faiss.read_index(path)
    if isinstance(index, faiss.IndexIVF):
        x = index.reconstruct_n(0, index.ntotal)
        for at in range(0, len(x), CHUNK):
            yield {"id": np.arange(at, min(len(x), at + CHUNK)), "vector": x[at:at + CHUNK]}
        return
    x = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d).reshape(index.ntotal, index.d)
    for at in range(0, len(x), CHUNK):
        yield {"vector": x[at:at + CHUNK]}


def read_npy(path):
    x = np.asarray(np.load(path, mmap_mode="r"))
    for at in range(0, len(x), CHUNK):
        yield {"vector": x[at:at + CHUNK]}


def read_h5(path):
    import h5py
    with h5py.File(path) as f:
        names = [name for name in [*SCALARS, "vector"] if name in f]
        for at in range(0, f["vector"].shape[0], CHUNK):
            yield {name: f[name][at:at + CHUNK] for name in names}


def read_parquet(path):
    import pyarrow.parquet as pq
    for batch in pq.ParquetFile(path).iter_batches(CHUNK):
        vectors = batch.column("vector")
        yield {name: batch.column(name).to_numpy() for name in batch.schema.names if name != "vector"} \
            | {"vector": vectors.flatten().to_numpy().reshape(len(vectors), -1)}


def read_jsonl(path):
    import orjson
    with open(path, "rb") as lines:
        while rows := [orjson.loads(line) for line in lines.readlines(1 << 26)]:
            yield {name: np.array([row[name] for row in rows], dtype=SCALARS.get(name, "f4")) for name in rows[0]}


def write_faiss(batches, target, _source):
    import faiss
    index = None
    for columns in batches:
        x = np.ascontiguousarray(columns["vector"])
        index = index or faiss.IndexFlatL2(x.shape[1])
        index.add(x)
    faiss.write_index(index, target)


def write_parquet(batches, target, _source):
    import pyarrow.parquet as pq
    writer = None
    codec = "zstd" if ".zstd." in target else "none"
    for columns in batches:
        table = arrow_table(columns)
        writer = writer or pq.ParquetWriter(target, table.schema, compression=codec, use_dictionary=False)
        writer.write_table(table)
    writer.close()


def write_jsonl(batches, target, _source):
    import orjson
    with open(target, "wb") as out:
        for columns in batches:
            out.writelines(json_lines(orjson, columns))


def count_rows(source):
    if extension(source) == "parquet":
        import pyarrow.parquet as pq
        return pq.ParquetFile(source).metadata.num_rows
    if extension(source) == "npy":
        return len(np.load(source, mmap_mode="r"))
    if extension(source) == "h5":
        import h5py
        with h5py.File(source) as f:
            return f["vector"].shape[0]
    if extension(source) == "faiss":
        import faiss
        return faiss.read_index(source, faiss.IO_FLAG_MMAP).ntotal
    with open(source, "rb") as lines:
        return sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 24), b""))


def write_h5(batches, target, source):
    import h5py
    rows, at = count_rows(source), 0
    with h5py.File(target, "w") as f:
        for columns in batches:
            n = len(columns["vector"])
            for name, values in columns.items():
                if at == 0:
                    f.create_dataset(name, (rows, *values.shape[1:]), dtype=values.dtype)
                f[name][at:at + n] = values
            at += n


def write_npy(batches, target, source):
    rows, at, out = count_rows(source), 0, None
    for columns in batches:
        x = columns["vector"]
        if out is None:
            out = np.lib.format.open_memmap(target, "w+", "f4", (rows, x.shape[1]))
        out[at:at + len(x)] = x
        at += len(x)
    out.flush()


READ = {"faiss": read_faiss, "npy": read_npy, "h5": read_h5, "parquet": read_parquet, "jsonl": read_jsonl}
WRITE = {"faiss": write_faiss, "npy": write_npy, "h5": write_h5, "parquet": write_parquet, "jsonl": write_jsonl}


def usual(source, target):
    WRITE[extension(target)](READ[extension(source)](source), target, source)


pyarrow_orjson = usual


def pyarrow_json(source, target):
    import pyarrow.json
    import pyarrow.parquet as pq
    pq.write_table(pyarrow.json.read_json(source), target, compression="none", use_dictionary=False)


def polars(source, target):
    import polars as pl
    if extension(source) == "parquet":
        pl.scan_parquet(source).sink_ndjson(target)
    else:
        pl.scan_ndjson(source).sink_parquet(target, compression="uncompressed")


def duckdb(source, target):
    import duckdb as db
    db.sql(f"COPY (SELECT * FROM read_json('{source}', format = 'newline_delimited')) TO '{target}' "
           "(FORMAT parquet, COMPRESSION uncompressed)")


def convert(variant, source, target):
    folder, name = os.path.split(os.path.abspath(target))
    partial = os.path.join(folder, f"partial.{name}")
    globals()[variant](source, partial)
    with open(partial, "rb") as out:
        os.fsync(out.fileno())
    os.rename(partial, target)
    directory = os.open(folder, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)


def digest(path):
    import hashlib
    sha, rows = hashlib.sha256(), 0
    for columns in READ[extension(path)](path):
        sha.update(np.ascontiguousarray(columns["vector"], dtype="f4").tobytes())
        rows += len(columns["vector"])
    return rows, sha.hexdigest()


def check_ivf(a, b):
    """IVF keeps rows by list; decoded codes may differ by rounding."""
    x = np.concatenate([columns["vector"] for columns in read_faiss(a)])
    for columns in READ[extension(b)](b):
        if not np.allclose(x[columns["id"]], columns["vector"], rtol=0, atol=1e-5):
            sys.exit(f"{a} differs from {b}")


def check(a, b):
    if ".ivf" in a:
        return check_ivf(a, b)
    first, second = digest(a), digest(b)
    if first != second:
        sys.exit(f"{a} {first} differs from {b} {second}")


if __name__ == "__main__":
    command, *args = sys.argv[1:]
    if command == "make":
        make(args[0], int(args[1]), int(args[2]))
    else:
        {"convert": convert, "check": check, "make_ivf": make_ivf}[command](*args)
