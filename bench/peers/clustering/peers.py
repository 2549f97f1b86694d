"""What BERTopic, EVoC and k-means make of the same vectors, scored as bench/quality.ts scores ours.

Full coverage: what a tool leaves out as noise goes to the nearest centroid. Moved: the share of the notes in
another cluster when a random 1 % of them come in, both runs cold, clusters matched as bench/quality.ts matches ours.
"""

import json
import os
import sys
import warnings
from collections import Counter

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
warnings.filterwarnings("ignore")

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, v_measure_score

SMALLEST_LABEL = 5
SEED = 1
REPEATS = 3


def read(notes_file, vectors_file):
    with open(notes_file, encoding="utf-8") as lines:
        notes = [json.loads(line) for line in lines if line.strip()]
    texts = [n["text"] if "text" in n else f"{n.get('title', '')}\n\n{n['body']}" for n in notes]
    labels = [n.get("label") or n.get("folder") or "" for n in notes]
    vectors = np.load(vectors_file).astype(np.float32)
    if len(vectors) != len(notes):
        sys.exit(f"{vectors_file} has {len(vectors)} rows, {notes_file} has {len(notes)} notes")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return texts, labels, vectors / np.maximum(lengths, 1e-12)


def bertopic(smallest):
    def run(texts, vectors, _):
        from bertopic import BERTopic
        from umap import UMAP

        reduce = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=SEED)
        model = BERTopic(umap_model=reduce, min_topic_size=smallest, embedding_model=None)
        return np.array(model.fit_transform(texts, embeddings=vectors)[0])

    return run


def evoc(_texts, vectors, _):
    from evoc import EVoC

    return np.array(EVoC(random_state=SEED).fit_predict(vectors))


def kmeans(_texts, vectors, clusters):
    return KMeans(clusters, n_init=10, random_state=SEED).fit_predict(vectors)


PEERS = {
    "BERTopic, default": bertopic(10),
    "BERTopic, min_cluster_size 5": bertopic(5),
    "EVoC, default": evoc,
    "k-means told the true k": kmeans,
}


def cover(vectors, clusters):
    """Puts noise into the cluster of the nearest centroid."""
    known = [c for c in np.unique(clusters) if c >= 0]
    if not known:
        return np.zeros(len(clusters), dtype=int)
    centroids = np.stack([vectors[clusters == c].mean(axis=0) for c in known])
    centroids /= np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-12)
    nearest = np.array(known)[(vectors @ centroids.T).argmax(axis=1)]
    return np.where(clusters >= 0, clusters, nearest)


def moved(before, after):
    """Matches clusters greedily by Jaccard similarity, from 0.1 on; the others have moved."""
    common = Counter(zip(before, after))
    size_before, size_after = Counter(before), Counter(after)
    pairs = sorted(
        ((n / (size_before[a] + size_after[b] - n), n, a, b) for (a, b), n in common.items()), reverse=True
    )
    successor, taken, stayed = {}, set(), 0
    for jaccard, n, a, b in pairs:
        if jaccard < 0.1 or a in successor or b in taken:
            continue
        successor[a] = b
        taken.add(b)
        stayed += n
    return 1 - stayed / len(before)


def measure(peer, texts, labels, vectors):
    sizes = Counter(labels)
    scored = [i for i, label in enumerate(labels) if label and sizes[label] >= SMALLEST_LABEL]
    true_k = len({labels[i] for i in scored})
    raw = peer(texts, vectors, true_k)
    clusters = cover(vectors, raw)
    truth, found = [labels[i] for i in scored], clusters[scored]
    scores = [f(truth, found) for f in (v_measure_score, adjusted_mutual_info_score, adjusted_rand_score)]
    changes = []
    for repeat in range(REPEATS):
        keep = np.sort(np.random.default_rng(repeat).permutation(len(texts))[: round(len(texts) * 0.99)])
        fewer = cover(vectors[keep], peer([texts[i] for i in keep], vectors[keep], true_k))
        changes.append(moved(fewer.tolist(), clusters[keep].tolist()))
    return scores, len(set(found)), float((raw < 0).mean()), float(np.mean(changes))


def main(arguments):
    if not arguments or len(arguments) % 2:
        sys.exit("usage: run.sh NOTES.jsonl VECTORS.npy [NOTES.jsonl VECTORS.npy ...]")
    print("| set | peer | V | AMI | ARI | mean | topics | noise | moved |")
    print("|---|---|---|---|---|---|---|---|---|")
    for notes_file, vectors_file in zip(arguments[::2], arguments[1::2]):
        texts, labels, vectors = read(notes_file, vectors_file)
        name = os.path.basename(notes_file).removesuffix(".jsonl")
        for peer, run in PEERS.items():
            scores, topics, noise, change = measure(run, texts, labels, vectors)
            figures = " | ".join(f"{score:.3f}" for score in [*scores, np.mean(scores)])
            print(f"| {name} | {peer} | {figures} | {topics} | {noise:.1%} | {change:.1%} |", flush=True)


main(sys.argv[1:])
