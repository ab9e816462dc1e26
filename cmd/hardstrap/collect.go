package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hardstrap/hardstrap/internal/live"
	"github.com/hardstrap/hardstrap/internal/observe/cluster"
	"github.com/hardstrap/hardstrap/internal/snapshot"
)

type collectOptions struct {
	world *world
	cmd   *cobra.Command
	out   string
	root  string
	key   string
	role  bool
	quiet bool
}

func newCollect(w *world, tools *toolFlags) *cobra.Command {
	o := &collectOptions{world: w}
	cmd := &cobra.Command{
		Use:   "collect -o SNAPSHOT",
		Short: "Pack what diff looks at on a node, to be compared elsewhere",
		Long: `Pack the files that diff reads of a node, their modes and owners, and, of a machine that runs, what
the components run with, into one file: for nodes that nobody logs into, and for all nodes at once
with 'hardstrap diff PROFILE --from cp-1.tar.gz --from cp-2.tar.gz'. It is best run as root.

Private keys are never taken, and secrets in files are replaced before they leave memory. With
--redact-key, a file of at least 16 bytes that is the same for all nodes, each secret is replaced by a short
code made with that key, which shows whether two nodes have the same secret. Without it, secrets
cannot be compared.

The exit code is 3 where something could not be read. The snapshot is written all the same, and says so
to diff, which calls it unknown; of a directory that is no node, none is written.`,
		Example: `  hardstrap collect -o cp-1.tar.gz

  # secrets of several nodes can be held against each other
  head --bytes 32 /dev/urandom >redact.key
  hardstrap collect -o cp-1.tar.gz --redact-key redact.key

  # what 'diff --kubeconfig' needs to be allowed
  hardstrap collect --print-cluster-role | kubectl apply --filename -`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.cmd, o.out, o.quiet = cmd, tools.Output, tools.Quiet
			return o.run()
		},
	}
	flags := cmd.Flags()
	flags.StringP("output", "o", "", "file to write; - is stdout (required)")
	flags.StringVar(&o.root, "root", "/", "root directory of the node")
	flags.StringVar(&o.key, "redact-key", "", "file with a key that makes secrets of several nodes comparable")
	flags.BoolVar(&o.role, "print-cluster-role", false, "print the rights that diff --kubeconfig needs, and do nothing else")
	return cmd
}

func (o *collectOptions) run() error {
	switch {
	case o.role:
		_, err := o.world.out.Write(cluster.ClusterRole())
		return err
	case !o.cmd.Flags().Changed("output"): // the tool setting is a bundle's directory
		return usage(o.cmd, errors.New("no file to write to; name it with -o"))
	case o.root == "":
		return usage(o.cmd, errors.New(`--root "": name the directory of a node's root`))
	}
	if err := o.place(); err != nil {
		return err
	}
	key, err := o.redactKey()
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	if err := snapshot.Write(&packed, snapshot.Options{Root: o.root, RedactKey: key, Version: o.world.version, Now: o.world.now()}); err != nil {
		return &unseenError{fmt.Errorf("%s: %w", o.root, reason(err))}
	}
	lacks, err := live.Lacks(bytes.NewReader(packed.Bytes()))
	if err != nil {
		return &unseenError{fmt.Errorf("%s: %w", o.root, err)}
	}
	if o.out == "-" {
		_, err = o.world.out.Write(packed.Bytes())
	} else if err = writeWhole(o.out, packed.Bytes()); err != nil {
		err = fmt.Errorf("%s: %w", o.out, reason(err))
	}
	if err != nil {
		return err
	}
	if o.out != "-" && !o.quiet {
		o.world.say("%s: %d KiB of %s; compare it with 'hardstrap diff PROFILE --from %s'", o.out, (packed.Len()+1023)/1024, o.root, o.out)
	}
	return unreadable(lacks)
}

// place judges where the snapshot is to be written, before the node is read.
func (o *collectOptions) place() error {
	if o.out == "-" {
		return nil
	}
	if info, err := os.Stat(o.out); err == nil && info.IsDir() {
		return usage(o.cmd, fmt.Errorf("-o %q is a directory; name a file", o.out))
	}
	if info, err := os.Stat(filepath.Dir(o.out)); err != nil || !info.IsDir() {
		return usage(o.cmd, fmt.Errorf("-o %q: there is no directory %q", o.out, filepath.Dir(o.out)))
	}
	return nil
}

// reason leaves the path out of an error whose message names it already.
func reason(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// minimalKey is how many bytes a key of redaction has at least: a shorter one could be guessed from what it made.
const minimalKey = 16

func (o *collectOptions) redactKey() ([]byte, error) {
	if o.key == "" {
		return nil, nil
	}
	f, err := os.Open(o.key)
	if err != nil {
		return nil, usage(o.cmd, fmt.Errorf("--redact-key: %w", err))
	}
	defer f.Close()
	key, err := io.ReadAll(io.LimitReader(f, 1<<16))
	switch {
	case err != nil:
		return nil, usage(o.cmd, fmt.Errorf("--redact-key: %w", err))
	case len(key) < minimalKey:
		return nil, usage(o.cmd, fmt.Errorf("--redact-key %q has %d bytes; at least %d are needed", o.key, len(key), minimalKey))
	}
	return key, nil
}

// writeWhole writes a file that is there whole or not at all, for its owner alone.
func writeWhole(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
