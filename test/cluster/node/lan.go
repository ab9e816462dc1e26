package node

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
)

// Addresses of the lan: TEST-NET-1 and -2 of RFC 5737, which are no real machine's, should a packet ever escape.
const (
	Gateway  = "192.0.2.1"    // of the harness itself: registry, outside client
	Stranger = "198.51.100.1" // also the harness, as somebody from elsewhere
	prefix   = "192.0.2."
)

// Lan is the network that nodes hang on.
type Lan struct{ bridge string }

// NewLan makes the bridge in this process's network namespace, which must not be the machine's.
func NewLan() (*Lan, error) {
	links, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, link := range links {
		if link.Flags&net.FlagLoopback == 0 && link.Flags&net.FlagUp != 0 {
			return nil, fmt.Errorf("network namespace has %q already: start the tests by run.sh, which makes a new one", link.Name)
		}
	}
	lan := &Lan{bridge: "lan0"}
	for _, args := range []string{
		"link set lo up",
		"link add lan0 type bridge",
		"addr add " + Gateway + "/24 dev lan0",
		"addr add " + Stranger + "/32 dev lan0",
		"link set lan0 up",
		// Who connects to a Service before kube-proxy knows it is told so at once, as by a router that has no way there.
		"route replace unreachable 10.96.0.0/12",
	} {
		if err := ip(nil, args); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		return nil, err
	}
	return lan, nil
}

// Close takes the bridge away, with its addresses and routes. Nodes must have been stopped.
func (lan *Lan) Close() error { return ip(nil, "link delete "+lan.bridge) }

// Address returns the address of the node of that number.
func Address(number int) string { return fmt.Sprint(prefix, 10+number) }

// PodSubnet returns the addresses of pods on the node of that number, out of 10.244.0.0/16.
func PodSubnet(number int) string { return fmt.Sprintf("10.244.%d.0/24", number) }

// join connects the network namespace of process pid to the lan, with routes to the pods of up to nodes nodes.
func (lan *Lan) join(pid, number, nodes int) error {
	there := []string{"nsenter", "--net", "--target", fmt.Sprint(pid)}
	outer := link(number)
	if err := ip(nil, fmt.Sprintf("link add %s type veth peer name eth0 netns %d", outer, pid)); err != nil {
		return err
	}
	for _, args := range []string{
		"link set " + outer + " master " + lan.bridge, "link set " + outer + " up",
		"route add " + PodSubnet(number) + " via " + Address(number),
	} {
		if err := ip(nil, args); err != nil {
			return err
		}
	}
	inside := []string{
		"link set lo up",
		"addr add " + Address(number) + "/24 dev eth0",
		"link set eth0 up",
		"route add default via " + Gateway,
	}
	for other := 1; other <= nodes; other++ {
		if other != number {
			inside = append(inside, fmt.Sprintf("route add %s via %s", PodSubnet(other), Address(other)))
		}
	}
	for _, args := range inside {
		if err := ip(there, args); err != nil {
			return err
		}
	}
	return nil
}

// link is the lan's end of the cable to the node of that number.
func link(number int) string { return fmt.Sprint("node", number) }

// leave takes the cable of a node away. The kernel would too, but only once the last trace of the node is gone.
func leave(number int) error {
	gone := func() bool { _, err := net.InterfaceByName(link(number)); return err != nil }
	if gone() {
		return nil
	}
	if err := ip(nil, "link delete "+link(number)); err != nil && !gone() {
		return err
	}
	return nil
}

// ip runs ip(8) with args behind the command in.
func ip(in []string, args string) error {
	words := append(append(in, "ip"), strings.Fields(args)...)
	cmd := exec.Command(words[0], words[1:]...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Env = os.Environ()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", args, err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}
