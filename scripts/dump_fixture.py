"""Fills databases that fixtures/dumps were made of, and writes the rows beside them as pymilvus reads them.

    python scripts/dump_fixture.py milvus URI DATABASE EXPECTED.json    on Milvus 2.3.5 (pymilvus 2.3)
    python scripts/dump_fixture.py lite URI DATABASE EXPECTED.json      on Milvus Lite (pymilvus 3)

then `vts dump milvus://HOST:PORT/DATABASE fixtures/dumps/vN-...`. The dumps of a released version are never made anew: they are what
later versions must read.
"""

import json
import sys

import numpy as np
from pymilvus import CollectionSchema, DataType, FieldSchema, MilvusClient

kind, uri, database, expected = sys.argv[1:]
random = np.random.default_rng(5)
client = MilvusClient(uri)
BIG = 2**53 + 1


def floats(dim):
    return random.standard_normal(dim).astype(np.float32).tolist()


def milvus():
    from pymilvus import Collection, connections, db, utility

    connections.connect(uri=uri)
    db.create_database(database)
    db.using_database(database)
    schema = CollectionSchema([
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("text", DataType.VARCHAR, max_length=100, description="a text"),
        FieldSchema("data", DataType.JSON),
        FieldSchema("tags", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=8, max_length=20),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=4),
    ], enable_dynamic_field=True, description='some "docs"')
    docs = Collection("docs", schema, shards_num=2, consistency_level="Strong", properties={"collection.ttl.seconds": "8640000"})
    rows = {}
    for k, partition in enumerate(["_default", "p1", "empty"]):
        if k > 0:
            docs.create_partition(partition)
        own = [] if partition == "empty" else [
            {"id": i - BIG, "text": f"täxt {i}", "data": {"n": BIG, "x": [1, None]}, "tags": ["a"] * (i % 3), "vector": floats(4), "extra": i}
            for i in range(k * 12, k * 12 + 12)]
        if own:
            docs.insert(own, partition_name=partition)
        rows[partition] = own
    docs.flush()
    docs.create_index("vector", {"index_type": "HNSW", "metric_type": "COSINE", "params": {"M": 8, "efConstruction": 64}}, index_name="by_vector")
    docs.load()
    utility.create_alias("docs", "papers")
    keyed = Collection("keyed", CollectionSchema([
        FieldSchema("pk", DataType.VARCHAR, is_primary=True, max_length=64),
        FieldSchema("key", DataType.INT64, is_partition_key=True),
        FieldSchema("bits", DataType.BINARY_VECTOR, dim=16),
    ]), num_partitions=2)
    keyed.insert([[f"k'{i}\"" for i in range(10)], list(range(10)), [bytes([i, 255 - i]) for i in range(10)]])
    keyed.flush()
    keyed.create_index("bits", {"index_type": "BIN_FLAT", "metric_type": "HAMMING", "params": {}})
    keyed.load()
    return {"docs": rows, "keyed": {"_default": [{"pk": f"k'{i}\"", "key": i} for i in range(10)]}}


def lite():
    client.create_database(database)
    client.use_database(database)
    schema = client.create_schema(enable_dynamic_field=True)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("text", DataType.VARCHAR, max_length=100, nullable=True, enable_analyzer=True)
    schema.add_field("price", DataType.DOUBLE, default_value=1.5)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=4)
    schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
    index = client.prepare_index_params()
    index.add_index("vector", index_type="HNSW", metric_type="L2", params={"M": 8, "efConstruction": 64})
    index.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    client.create_collection("mixed", schema=schema, index_params=index)
    client.create_partition("mixed", "p1")
    rows = {}
    for k, partition in enumerate(["_default", "p1"]):
        rows[partition] = [{"id": i, "text": None if i % 3 == 0 else f"t{i}", "price": i / 4, "vector": floats(4), "sparse": {i + 1: 0.5}}
                           for i in range(k * 8, k * 8 + 8)]
        client.insert("mixed", rows[partition], partition_name=partition)
    client.create_alias("mixed", "blend")
    return {"mixed": rows}


rows = {"milvus": milvus, "lite": lite}[kind]()
with open(expected, "w") as out:
    json.dump(rows, out, indent=1)
