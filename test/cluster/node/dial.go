package node

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Dial opens a TCP connection as a program on the node would, to an address of numbers. The loopback of a node is
// reached in no other way.
func (n *Node) Dial(address string, patience time.Duration) (net.Conn, error) {
	type dialled struct {
		conn net.Conn
		err  error
	}
	done := make(chan dialled)
	go func() {
		// The thread belongs to the node's network from now on, and ends with this function.
		runtime.LockOSThread()
		conn, err := n.dial(address, patience)
		done <- dialled{conn, err}
	}()
	result := <-done
	return result.conn, result.err
}

func (n *Node) dial(address string, patience time.Duration) (net.Conn, error) {
	network, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", n.init.Process.Pid))
	if err != nil {
		return nil, err
	}
	defer network.Close()
	if err := unix.Setns(int(network.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, err
	}
	// A negative delay keeps the dialler on this thread.
	return (&net.Dialer{Timeout: patience, FallbackDelay: -1}).Dial("tcp", address)
}
