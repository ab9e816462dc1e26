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
		{name: "the firewall's ruleset is loaded", plain: lacks, check: func(c *cluster) (string, error) {
			said, err := c.first.Run("systemctl is-active hardstrap-firewall.service; nft list table inet hardstrap")
			if err == nil && !strings.Contains(said, "192.0.2.0/24") {
				err = errors.New("the table does not name 192.0.2.0/24")
			}
			return "table inet hardstrap", err
		}},
		{name: "the named ranges reach API server and kubelet, others do not", plain: lacks, check: admitted},
	}
}

// admitted connects from an address that the firewall names, and from one that it does not.
func admitted(c *cluster) (string, error) {
	for _, port := range []string{"6443", "10250"} {
		if err := from(node.Gateway, c.first.Address+":"+port); err != nil {
			return "", fmt.Errorf("from %s, which the profile names: %w", node.Gateway, err)
		}
		err := from(node.Stranger, c.first.Address+":"+port)
		var timeout net.Error
		if err == nil || !errors.As(err, &timeout) || !timeout.Timeout() {
			return "", fmt.Errorf("from %s, which the profile does not name, to port %s: not dropped: %v", node.Stranger, port, err)
		}
	}
	return node.Gateway + " in, " + node.Stranger + " dropped, on 6443 and 10250", nil
}

func from(source, address string) error {
	dialer := net.Dialer{Timeout: 2 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	conn, err := dialer.Dial("tcp", address)
	if err == nil {
		conn.Close()
	}
	return err
}
