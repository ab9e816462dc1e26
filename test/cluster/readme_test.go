package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// readme is the README of a bundle, by which its reader works: the tests run its commands and none of their own.
type readme struct{ sections map[string][]string }

// readReadme finds the shell blocks below each heading.
func readReadme(bundle string) (readme, error) {
	text, err := os.ReadFile(filepath.Join(bundle, "README.md"))
	if err != nil {
		return readme{}, err
	}
	r := readme{sections: map[string][]string{}}
	var heading string
	var block *strings.Builder
	for line := range strings.Lines(string(text)) {
		switch {
		case block != nil && strings.TrimSpace(line) == "```":
			r.sections[heading] = append(r.sections[heading], block.String())
			block = nil
		case block != nil:
			block.WriteString(line)
		case strings.TrimSpace(line) == "```sh":
			block = &strings.Builder{}
		case strings.HasPrefix(line, "## "):
			heading = strings.TrimSpace(line[3:])
		}
	}
	return r, nil
}

// block returns the one shell block below heading that has all of words, with the replacements made.
func (r readme) block(heading string, words []string, replace ...string) (string, error) {
	var found []string
	for _, block := range r.sections[heading] {
		has := true
		for _, word := range words {
			has = has && strings.Contains(block, word)
		}
		if has {
			found = append(found, block)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("README.md has %d blocks of commands with %q below %q, and should have one", len(found), words, heading)
	}
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(found[0], replace[i]) {
			return "", fmt.Errorf("README.md: the commands with %q below %q do not say %q any more", words, heading, replace[i])
		}
	}
	return strings.NewReplacer(replace...).Replace(found[0]), nil
}

// part returns the lines of a block from the comment that begins with title to the next comment.
func part(block, title string) (string, error) {
	var out strings.Builder
	in := false
	for line := range strings.Lines(block) {
		if strings.HasPrefix(line, "# ") {
			in = strings.HasPrefix(line[2:], title)
		}
		if in {
			out.WriteString(line)
		}
	}
	if out.Len() == 0 {
		return "", fmt.Errorf("README.md: no commands under the comment %q in\n%s", title, block)
	}
	return out.String(), nil
}
