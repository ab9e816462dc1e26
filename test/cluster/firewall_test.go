package cluster

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/test/cluster/node"
)

func firewallBehaviours() []behaviour {
	return []behaviour{
		{name: "the firewall's ruleset is loaded", plain: lacks, shows: "No such file", check: func(c *cluster) (string, error) {
			return c.each(c.nodes, func(n *node.Node) (string, error) {
				said, err := n.Run("nft list table inet hardstrap; systemctl is-active hardstrap-firewall.service")
				if err == nil && !strings.Contains(said, "192.0.2.0/28") {
					err = fmt.Errorf("the table of %s does not name 192.0.2.0/28", n.Name)
				}
				return "table inet hardstrap", err
			})
		}},
		{name: "the named ranges reach API server and kubelet, others do not", plain: lacks, shows: "not dropped", check: admitted},
	}
}

// admitted connects from an address that the firewall names, and from one that it does not.
func admitted(c *cluster) (string, error) {
	return c.each(c.nodes, func(n *node.Node) (string, error) {
		ports := []string{"6443", "10250"}
		if n == c.worker {
			ports = ports[1:]
		}
		for _, port := range ports {
			if err := from(node.Gateway, n.Address+":"+port); err != nil {
				return "", fmt.Errorf("from %s, which the profile names: %w", node.Gateway, err)
			}
			err := from(node.Stranger, n.Address+":"+port)
			var timeout net.Error
			if err == nil || !errors.As(err, &timeout) || !timeout.Timeout() {
				return "", fmt.Errorf("from %s, which the profile does not name, to port %s of %s: not dropped: %v", node.Stranger, port, n.Name, err)
			}
		}
		return fmt.Sprintf("%s in, %s dropped, on %s", node.Gateway, node.Stranger, strings.Join(ports, " and ")), nil
	})
}

func from(source, address string) error {
	dialer := net.Dialer{Timeout: 2 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	conn, err := dialer.Dial("tcp", address)
	if err == nil {
		conn.Close()
	}
	return err
}
