package bundle

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
)

// build makes the new tree in the staging directory and writes it out to disk.
func (w *writer) build(t *target, p *plan) error {
	b := &builder{writer: w, target: t, plan: p, made: map[string]bool{}}
	if err := b.all(); err != nil {
		// The next run would remove it too, but a full disk should get its room back.
		return errors.Join(err, removeTree(t.fresh))
	}
	return nil
}

type builder struct {
	*writer
	*plan
	target *target
	made   map[string]bool // directories
	dirs   []madeDir       // the same, parents first
	sync   []string        // files to be written out, absolute
}

type madeDir struct {
	at   string
	mode fs.FileMode
}

func (b *builder) all() error {
	secretDirs := map[string]bool{}
	for _, f := range b.files {
		if f.Secret {
			secretDirs[path.Dir(f.Path)] = true
		}
	}
	for _, f := range b.files {
		if err := b.dir(path.Dir(f.Path), secretDirs); err != nil {
			return err
		}
		if err := b.file(f); err != nil {
			return fmt.Errorf("%s: %w", f.Path, cause(err))
		}
	}
	for _, name := range b.others {
		if err := b.dir(path.Dir(name), secretDirs); err != nil {
			return err
		}
		if err := b.carry(name, secretDirs); err != nil {
			return fmt.Errorf("%s: %w", name, cause(err))
		}
	}
	if err := b.step("sync"); err != nil {
		return err
	}
	for _, d := range b.dirs {
		b.sync = append(b.sync, d.at)
	}
	if err := b.flush(b.sync); err != nil {
		return err
	}
	return b.setModes()
}

// setModes gives every directory its mode, not left to the umask, children first: one that
// stood there may be closed even to its owner.
func (b *builder) setModes() error {
	for _, d := range slices.Backward(b.dirs) {
		if err := os.Chmod(d.at, d.mode); err != nil {
			return cause(err)
		}
	}
	return nil
}

// dir makes a directory and those above it. One that stood there keeps its mode and owner,
// unless a secret stands in it.
func (b *builder) dir(name string, secret map[string]bool) error {
	if b.made[name] {
		return nil
	}
	if name != "." {
		if err := b.dir(path.Dir(name), secret); err != nil {
			return err
		}
	}
	if err := b.step("mkdir " + name); err != nil {
		return err
	}
	at := b.fresh(name)
	mode := DirMode
	old, existed := b.tree[name]
	existed = existed && old.IsDir()
	if existed {
		mode = old.Mode() &^ fs.ModeType
	}
	if secret[name] {
		mode = SecretDirMode
	}
	if err := os.Mkdir(at, SecretDirMode); err != nil {
		return fmt.Errorf("%s: %w", name, cause(err))
	}
	if existed {
		if err := keepOwner(at, old); err != nil {
			return fmt.Errorf("%s: %w", name, cause(err))
		}
	}
	b.made[name] = true
	b.dirs = append(b.dirs, madeDir{at, mode})
	return nil
}

// file writes a file, or links the one that stands there when it is the same.
func (b *builder) file(f File) error {
	at := b.fresh(f.Path)
	if b.same[f.Path] {
		if err := b.step("link " + f.Path); err != nil {
			return err
		}
		if os.Link(b.current(f.Path), at) == nil {
			return nil
		}
	}
	if err := b.step("create " + f.Path); err != nil {
		return err
	}
	out, err := os.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, SecretMode)
	if err != nil {
		return err
	}
	b.sync = append(b.sync, at)
	err = b.step("write " + f.Path)
	if err == nil {
		_, err = out.Write(f.Data)
	}
	return errors.Join(err, out.Chmod(f.mode()), out.Close())
}

// carry takes over what no bundle wrote: directories anew, links anew, everything else as a
// hard link, or a copy where that is not allowed.
func (b *builder) carry(name string, secret map[string]bool) error {
	info := b.tree[name]
	from, to := b.current(name), b.fresh(name)
	if info.IsDir() {
		return b.dir(name, secret)
	}
	if err := b.step("carry " + name); err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		points, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(points, to)
	}
	err := os.Link(from, to)
	if err != nil && info.Mode().IsRegular() {
		b.sync = append(b.sync, to)
		return copyFile(from, to, info)
	}
	return err
}

func copyFile(from, to string, info fs.FileInfo) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, SecretMode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, keepOwner(to, info), out.Chmod(info.Mode().Perm()), out.Close(),
		os.Chtimes(to, info.ModTime(), info.ModTime()))
}

func (b *builder) fresh(name string) string {
	return filepath.Join(b.target.fresh, filepath.FromSlash(name))
}

func (b *builder) current(name string) string {
	return filepath.Join(b.target.dir, filepath.FromSlash(name))
}

// syncAll writes files and directories out to disk. Several at once, because the file system
// answers them together.
func syncAll(paths []string) error {
	const workers = 16
	next := make(chan string)
	errs := make(chan error, workers)
	var wg sync.WaitGroup
	for range min(workers, len(paths)) {
		wg.Go(func() {
			var first error
			for name := range next {
				if err := syncOne(name); first == nil {
					first = err
				}
			}
			errs <- first
		})
	}
	for _, name := range paths {
		next <- name
	}
	close(next)
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func syncOne(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
