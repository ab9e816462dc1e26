package process

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// ticks is how long a tick of the kernel's tables is: they count in hundredths of a second on every
// architecture that Kubernetes has (Linux, include/asm-generic/param.h, USER_HZ).
const ticks = 10 * time.Millisecond

// stat is what /proc/PID/stat tells (proc(5)).
type stat struct {
	state  string
	parent int
	start  time.Duration // after the node was booted
}

func (s *search) stat(pid int) (stat, error) {
	data, err := s.tree.ReadFile(s.at(pid, "stat"))
	if err != nil {
		return stat{}, err
	}
	// The second field is the name in parentheses, and may hold anything, blanks and parentheses too.
	text := string(data)
	fields := strings.Fields(text[strings.LastIndex(text, ")")+1:])
	if len(fields) < 20 {
		return stat{}, errors.New("too few fields")
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return stat{}, errors.New("the parent is no number")
	}
	start, err := strconv.ParseInt(fields[19], 10, 64)
	if err != nil || start < 0 || start > int64(1<<62)/int64(ticks) {
		return stat{}, errors.New("the start is no number")
	}
	return stat{state: fields[0], parent: parent, start: time.Duration(start) * ticks}, nil
}

// booted is when the node was booted, by today's clock: where the clock was set since, what was measured
// before that is off by as much.
func (s *search) booted() (time.Time, error) {
	data, err := s.tree.ReadFile("/stat")
	if err != nil {
		return time.Time{}, err
	}
	for line := range strings.Lines(string(data)) {
		if text, ok := strings.CutPrefix(line, "btime "); ok {
			seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
			return time.Unix(seconds, 0).UTC(), err
		}
	}
	return time.Time{}, errors.New("the time of booting is not told")
}
