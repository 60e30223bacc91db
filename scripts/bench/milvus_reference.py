"""What a careful user writes over pymilvus, pyarrow and orjson; scripts/bench/milvus.ts times vts against it.

    make    URI COLLECTION ROWS DIM FILE    rows with a fixed seed: into FILE (Parquet) and a collection, indexed and loaded
    export  URI COLLECTION FILE             .parquet or .jsonl
    import  FILE URI COLLECTION             a new collection; ends when the last row is accepted
    copy    URI COLLECTION COLLECTION       iterator and insert
    check   URI COLLECTION FILE             that FILE holds exactly the rows of the collection
    drop    URI COLLECTION
"""

import logging
import os
import sys
import warnings

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections, utility

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

ROWS_PER_PAGE = {128: 16384, 768: 4096}
ROWS_PER_INSERT = {128: 20000, 768: 5000}
FIELDS = ["id", "text", "number", "vector"]


def connect(uri):
    connections.connect(uri=uri)


def collection_schema(dim):
    return CollectionSchema([
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("text", DataType.VARCHAR, max_length=64),
        FieldSchema("number", DataType.INT32),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=dim),
    ])


def arrow_table(ids, text, number, vectors):
    dim = vectors.shape[1]
    vector = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dim)
    return pa.table({"id": pa.array(ids, pa.int64()), "text": pa.array(text, pa.string()),
                     "number": pa.array(number, pa.int32()), "vector": vector})


def index_and_load(collection):
    collection.flush()
    collection.create_index("vector", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
    collection.load()


def make(uri, name, rows, dim, file):
    rows, dim = int(rows), int(dim)
    random = np.random.default_rng(7)
    ids = random.permutation(rows).astype(np.int64) * 3
    table = arrow_table(ids, [f"document {i}" for i in ids], (ids % 1000).astype(np.int32),
                        random.standard_normal((rows, dim), dtype=np.float32))
    pq.write_table(table, file, use_dictionary=False, row_group_size=65536)
    insert_file(file, uri, name)
    index_and_load(Collection(name))


def insert_file(file, uri, name):
    connect(uri)
    reader = pq.ParquetFile(file)
    dim = reader.schema_arrow.field("vector").type.list_size
    if utility.has_collection(name):
        utility.drop_collection(name)
    collection = Collection(name, collection_schema(dim))
    for batch in reader.iter_batches(batch_size=ROWS_PER_INSERT.get(dim, 5000)):
        vectors = batch.column("vector").values.to_numpy(zero_copy_only=False).reshape(-1, dim)
        collection.insert([batch.column("id").to_pylist(), batch.column("text").to_pylist(),
                           batch.column("number").to_pylist(), vectors])
    return collection


def pages(uri, name):
    connect(uri)
    collection = Collection(name)
    dim = next(f.params["dim"] for f in collection.schema.fields if f.name == "vector")
    iterator = collection.query_iterator(batch_size=ROWS_PER_PAGE.get(dim, 4096), output_fields=FIELDS)
    while rows := iterator.next():
        yield rows
    iterator.close()


def columns(rows):
    vectors = np.array([row["vector"] for row in rows], dtype=np.float32)
    return [row["id"] for row in rows], [row["text"] for row in rows], [row["number"] for row in rows], vectors


def export(uri, name, file):
    if file.endswith(".jsonl"):
        with open(file, "wb") as out:
            for rows in pages(uri, name):
                for row in rows:
                    row["vector"] = np.asarray(row["vector"], dtype=np.float32)
                    out.write(orjson.dumps(row, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE))
            sync(out)
        return
    writer = None
    for rows in pages(uri, name):
        table = arrow_table(*columns(rows))
        writer = writer or pq.ParquetWriter(file, table.schema, use_dictionary=False, compression="none")
        writer.write_table(table)
    writer.close()
    with open(file, "rb") as out:
        sync(out)


def sync(file):
    file.flush()
    os.fsync(file.fileno())


def copy(uri, name, target):
    connect(uri)
    schema = Collection(name).schema
    if utility.has_collection(target):
        utility.drop_collection(target)
    made = Collection(target, schema)
    for rows in pages(uri, name):
        made.insert(rows)


def check(uri, name, file):
    expected = np.concatenate([columns(rows)[3] for rows in pages(uri, name)])
    ids = np.concatenate([columns(rows)[0] for rows in pages(uri, name)])
    if file.endswith(".jsonl"):
        rows = [orjson.loads(line) for line in open(file, "rb")]
        found, found_ids = columns(rows)[3], np.array([row["id"] for row in rows])
        text, number = [row["text"] for row in rows], [row["number"] for row in rows]
    else:
        table = pq.read_table(file)
        vectors = table.column("vector").combine_chunks()
        found = vectors.flatten().to_numpy().reshape(len(table), -1)
        found_ids = table.column("id").to_numpy()
        text, number = table.column("text").to_pylist(), table.column("number").to_pylist()
    order = np.argsort(found_ids)
    assert np.array_equal(found_ids[order], ids), "ids differ"
    assert found[order].tobytes() == expected.tobytes(), "vectors differ"
    assert all(t == f"document {i}" and n == i % 1000 for t, n, i in zip(text, number, found_ids)), "scalars differ"
    print(f"{len(ids)} rows are equal")


def drop(uri, name):
    connect(uri)
    if utility.has_collection(name):
        utility.drop_collection(name)


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    if verb == "import":
        insert_file(rest[0], rest[1], rest[2])
    else:
        {"make": make, "export": export, "copy": copy, "check": check, "drop": drop}[verb](*rest)
