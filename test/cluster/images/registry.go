// Package images makes container images out of programs of this machine and serves them on the lan, under the names
// that kubeadm expects of registry.k8s.io, so that nodes really pull them.
//
// It never runs a container. Start reading in Serve.
package images

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Registry serves images until it is closed.
type Registry struct {
	Address string // host:port
	server  *http.Server
}

// Serve starts an empty registry on host, on port 5000. Its content lies in memory.
func Serve(host string) (*Registry, error) {
	address := net.JoinHostPort(host, "5000")
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	quiet := log.New(io.Discard, "", 0)
	r := &Registry{Address: address, server: &http.Server{
		Handler:           registry.New(registry.Logger(quiet)),
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          quiet,
	}}
	go func() { _ = r.server.Serve(listener) }() // it ends when the registry is closed
	return r, nil
}

// Close ends the registry.
func (r *Registry) Close() error { return r.server.Close() }

// Push puts an image in under the name it has at registry.k8s.io, such as kube-proxy:v1.37.0.
func (r *Registry) Push(reference string, image Image) error {
	made, err := image.make()
	if err != nil {
		return fmt.Errorf("image %s: %w", reference, err)
	}
	ref, err := name.ParseReference(r.Address+"/"+reference, name.Insecure)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	return remote.Write(ref, made, remote.WithContext(ctx))
}

// Mirror returns the files by which containerd asks this registry for images of the registries named.
func (r *Registry) Mirror(registries ...string) map[string]string {
	files := map[string]string{}
	for _, host := range registries {
		files["/etc/containerd/certs.d/"+host+"/hosts.toml"] = fmt.Sprintf("server = %q\n\n[host.%q]\n  capabilities = [\"pull\", \"resolve\"]\n",
			"http://"+r.Address, "http://"+r.Address)
	}
	return files
}
