package preflight

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// System returns the probes of the machine this runs on.
func System() Probes {
	return Probes{
		Now:       time.Now,
		Super:     func() bool { return os.Geteuid() == 0 },
		Tool:      tool,
		Listening: listening,
		Free:      free,
	}
}

const toolTimeout = 20 * time.Second

func tool(name string, args ...string) (Tool, error) {
	file, err := exec.LookPath(name)
	if err != nil {
		return Tool{}, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	info, err := os.Stat(file)
	if err != nil {
		return Tool{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), toolTimeout)
	defer cancel()
	output, err := exec.CommandContext(ctx, file, args...).Output()
	return Tool{Output: string(output), Built: info.ModTime()}, err
}

// listening reads the kernel's own tables; a table that is missing is a family that is off.
func listening() (map[int]bool, error) {
	out, tables := map[int]bool{}, 0
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		tables++
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			if port, ok := listens(lines.Text()); ok {
				out[port] = true
			}
		}
		f.Close()
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	if tables == 0 {
		return nil, errors.New("/proc/net/tcp: there is no such file")
	}
	return out, nil
}

// listens reads one line of the table: local address and port in hexadecimal, and 0A for a socket
// that listens (Linux, include/net/tcp_states.h).
func listens(line string) (int, bool) {
	f := strings.Fields(line)
	if len(f) < 4 || f[3] != "0A" {
		return 0, false
	}
	_, hex, _ := strings.Cut(f[1], ":")
	n, err := strconv.ParseUint(hex, 16, 16)
	return int(n), err == nil
}
