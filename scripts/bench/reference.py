"""What a careful user would write today: one function per conversion, over faiss, h5py, pyarrow and orjson.

    reference.py make FOLDER ROWS DIM      the inputs, all with the same vectors
    reference.py convert FROM TO           by extension
    reference.py check A B                 exit 1 unless both files hold the same bits (ids too where both have them)
"""
import sys

import numpy as np

CHUNK = 65536


def extension(path):
    return path.rsplit(".", 1)[1]


# Imports stay in the functions, so that a conversion loads only what it needs, as a user's script would.
def make(folder, rows, dim):
    import faiss
    import h5py
    import orjson
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(7)
    index = faiss.IndexFlatL2(dim)
    schema = pa.schema({"id": pa.int64(), "vector": pa.list_(pa.float32(), dim)})
    with h5py.File(f"{folder}/in.h5", "w") as h5, open(f"{folder}/in.jsonl", "wb") as lines, \
            pq.ParquetWriter(f"{folder}/in.parquet", schema, compression="none", use_dictionary=False) as parquet, \
            pq.ParquetWriter(f"{folder}/in-default.parquet", schema) as default:
        train = h5.create_dataset("vector", (rows, dim), dtype="f4")
        ids = h5.create_dataset("id", (rows,), dtype="i8")
        for start in range(0, rows, 1 << 20):
            n = min(1 << 20, rows - start)
            x = rng.standard_normal((n, dim), dtype=np.float32)
            key = np.arange(start, start + n, dtype=np.int64)
            index.add(x)
            train[start:start + n], ids[start:start + n] = x, key
            table = pa.table({"id": key, "vector": pa.FixedSizeListArray.from_arrays(x.ravel(), dim)}, schema=schema)
            parquet.write_table(table, row_group_size=1 << 20)
            default.write_table(table, row_group_size=1 << 20)
            for i in range(n):
                lines.write(orjson.dumps({"id": start + i, "vector": x[i]}, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")
    faiss.write_index(index, f"{folder}/in.faiss")


def convert(source, target):
    globals()[f"{extension(source)}_to_{extension(target)}"](source, target)


def faiss_matrix(path):
    import faiss
    index = faiss.read_index(path)
    return faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d).reshape(index.ntotal, index.d), index


def arrow_vectors(matrix):
    import pyarrow as pa
    return pa.FixedSizeListArray.from_arrays(pa.array(matrix.reshape(-1)), matrix.shape[1])


def write_parquet(path, columns):
    import pyarrow as pa
    import pyarrow.parquet as pq
    pq.write_table(pa.table(columns), path, compression="none", use_dictionary=False)


def faiss_to_parquet(source, target):
    x, _index = faiss_matrix(source)
    write_parquet(target, {"vector": arrow_vectors(x)})


def faiss_to_h5(source, target):
    import h5py
    x, _index = faiss_matrix(source)
    with h5py.File(target, "w") as f:
        f["vector"] = x


def h5_to_parquet(source, target):
    import h5py
    import pyarrow as pa
    import pyarrow.parquet as pq
    with h5py.File(source) as f:
        n, dim = f["vector"].shape
        schema = pa.schema({"id": pa.int64(), "vector": pa.list_(pa.float32(), dim)})
        with pq.ParquetWriter(target, schema, compression="none", use_dictionary=False) as writer:
            for at in range(0, n, CHUNK):
                x = f["vector"][at:at + CHUNK]
                writer.write_table(pa.table({"id": f["id"][at:at + CHUNK], "vector": arrow_vectors(x)}, schema=schema))


def h5_to_faiss(source, target):
    import faiss
    import h5py
    with h5py.File(source) as f:
        index = faiss.IndexFlatL2(f["vector"].shape[1])
        for at in range(0, f["vector"].shape[0], CHUNK):
            index.add(f["vector"][at:at + CHUNK])
    faiss.write_index(index, target)


def parquet_batches(source):
    import pyarrow.parquet as pq
    for batch in pq.ParquetFile(source).iter_batches(CHUNK):
        vectors = batch.column("vector")
        yield batch.column("id").to_numpy(), vectors.flatten().to_numpy().reshape(len(vectors), -1)


def parquet_to_h5(source, target):
    import h5py
    import pyarrow.parquet as pq
    rows = pq.ParquetFile(source).metadata.num_rows
    with h5py.File(target, "w") as f:
        at = 0
        for ids, x in parquet_batches(source):
            if at == 0:
                f.create_dataset("vector", (rows, x.shape[1]), dtype="f4")
                f.create_dataset("id", (rows,), dtype="i8")
            f["vector"][at:at + len(x)], f["id"][at:at + len(x)] = x, ids
            at += len(x)


def parquet_to_faiss(source, target):
    import faiss
    index = None
    for _ids, x in parquet_batches(source):
        index = index or faiss.IndexFlatL2(x.shape[1])
        index.add(np.ascontiguousarray(x))
    faiss.write_index(index, target)


def parquet_to_jsonl(source, target):
    import orjson
    with open(target, "wb") as out:
        for ids, x in parquet_batches(source):
            for key, row in zip(ids.tolist(), x):
                out.write(orjson.dumps({"id": key, "vector": row}, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")


def jsonl_to_parquet(source, target):
    import pyarrow.json
    import pyarrow.parquet as pq
    pq.write_table(pyarrow.json.read_json(source), target)


def load(path):
    """(ids or None, iterator of float32 chunks)"""
    kind = extension(path)
    if kind == "faiss":
        x, index = faiss_matrix(path)
        return [x[at:at + CHUNK] for at in range(0, len(x), CHUNK)], index
    if kind == "h5":
        import h5py
        f = h5py.File(path)
        return (f["vector"][at:at + CHUNK] for at in range(0, f["vector"].shape[0], CHUNK)), f
    if kind == "parquet":
        return parquet_columns(path), None
    import pyarrow.json
    table = pyarrow.json.read_json(path)
    return (c.flatten().to_numpy().astype("f4").reshape(len(c), -1) for c in table["vector"].chunks), None


def parquet_columns(path):
    import pyarrow.parquet as pq
    for batch in pq.ParquetFile(path).iter_batches(CHUNK, columns=["vector"]):
        vectors = batch.column("vector")
        yield vectors.flatten().to_numpy().astype("f4").reshape(len(vectors), -1)


def digest(path):
    import hashlib
    sha, rows = hashlib.sha256(), 0
    chunks, _keep = load(path)
    for chunk in chunks:
        sha.update(np.ascontiguousarray(chunk).tobytes())
        rows += len(chunk)
    return rows, sha.hexdigest()


def check(a, b):
    first, second = digest(a), digest(b)
    if first != second:
        sys.exit(f"{a} {first} differs from {b} {second}")


if __name__ == "__main__":
    command, *args = sys.argv[1:]
    if command == "make":
        make(args[0], int(args[1]), int(args[2]))
    else:
        {"convert": convert, "check": check}[command](*args)
