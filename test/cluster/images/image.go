package images

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Image is what goes into one layer.
type Image struct {
	Files      map[string]string // path in the image: file of this machine
	Links      map[string]string // path in the image: target
	Texts      map[string]string // path in the image: content
	Entrypoint []string
	User       string // uid:gid; root where empty
}

// Program is an image of one static program at /usr/local/bin, under its name there.
func Program(file string, args ...string) Image {
	at := "/usr/local/bin/" + filepath.Base(file)
	return Image{Files: map[string]string{at: file}, Entrypoint: append([]string{at}, args...)}
}

// Add puts programs of this machine in, at the paths they have, with the shared libraries they need.
func (i *Image) Add(programs ...string) error {
	for _, program := range programs {
		path, err := filepath.EvalSymlinks(program)
		if err != nil {
			return err
		}
		i.Files[program] = path
		libraries, err := librariesOf(path)
		if err != nil {
			return err
		}
		for _, library := range libraries {
			i.Files[library] = library
		}
	}
	return nil
}

// librariesOf asks ldd(1), whose lines are «name => /path (address)» or «/path (address)».
func librariesOf(program string) ([]string, error) {
	said, err := exec.Command("ldd", program).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("ldd %s: %w: %s", program, err, said)
	}
	var libraries []string
	for line := range strings.Lines(string(said)) {
		for _, word := range strings.Fields(line) {
			if strings.HasPrefix(word, "/") {
				libraries = append(libraries, word)
			}
		}
	}
	return libraries, nil
}

// make builds the image. Compression is the fastest: the way is short.
func (i Image) make() (v1.Image, error) {
	var layer bytes.Buffer
	if err := i.archive(&layer); err != nil {
		return nil, err
	}
	made, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(layer.Bytes())), nil
	}, tarball.WithCompressionLevel(gzip.BestSpeed))
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, made)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config.Entrypoint, config.Config.User = i.Entrypoint, i.User
	config.Config.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	return mutate.ConfigFile(image, config)
}

// archive writes the layer: directories before what is in them, each once.
func (i Image) archive(to io.Writer) error {
	out := tar.NewWriter(to)
	made := map[string]bool{"/": true}
	var paths []string
	for _, of := range []map[string]string{i.Files, i.Links, i.Texts} {
		for path := range of {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	for _, path := range paths {
		if err := makeParents(out, made, filepath.Dir(path)); err != nil {
			return err
		}
		if err := i.entry(out, path); err != nil {
			return err
		}
	}
	return out.Close()
}

func makeParents(out *tar.Writer, made map[string]bool, dir string) error {
	if made[dir] {
		return nil
	}
	if err := makeParents(out, made, filepath.Dir(dir)); err != nil {
		return err
	}
	made[dir] = true
	return out.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir[1:] + "/", Mode: 0o755})
}

func (i Image) entry(out *tar.Writer, path string) error {
	name := path[1:]
	if target, ok := i.Links[path]; ok {
		return out.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777})
	}
	if text, ok := i.Texts[path]; ok {
		if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(text)), Mode: 0o644}); err != nil {
			return err
		}
		_, err := io.WriteString(out, text)
		return err
	}
	file, err := os.Open(i.Files[path])
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New(i.Files[path] + " is no file")
	}
	if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: info.Size(), Mode: int64(info.Mode().Perm())}); err != nil {
		return err
	}
	_, err = io.Copy(out, file)
	return err
}
