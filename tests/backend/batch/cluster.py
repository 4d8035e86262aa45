# SPDX-License-Identifier: GPL-3.0-or-later
"""A Ray cluster of a head, which does no work, and two machines, played by processes of this one; run as a script.

Says the address on its output. A line on its input kills the first machine; the end of the input ends all of them.
"""

import sys

from ray.cluster_utils import Cluster


def main():
    options = {"object_store_memory": 80_000_000, "node_ip_address": "127.0.0.1"}
    # Short: the sockets' paths in it may have no more than 107 characters.
    head = {"num_cpus": 0, "include_dashboard": False, "temp_dir": sys.argv[1], **options}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        nodes = [cluster.add_node(num_cpus=1, **options) for _ in range(2)]
        print(f"ADDRESS {cluster.address}", flush=True)
        for _ in sys.stdin:
            cluster.remove_node(nodes[0], allow_graceful=False)
            print("KILLED", flush=True)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
