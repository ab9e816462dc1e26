package cluster

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hardstrap/hardstrap/test/cluster/images"
)

// appImage is what the sample pods run.
const appImage = "registry.test/app:1"

// policyImage is the engine that enforces NetworkPolicies: see testdata/network-policies.yaml.
const policyImage = "registry.k8s.io/kube-router:built"

// pushImages serves what kubeadm of version says it needs, each made of the program that was built for it.
func (c *cluster) pushImages(version string) error {
	kubeadm := filepath.Join(c.kubernetes(version), "kubeadm")
	said, err := exec.Command(kubeadm, "config", "images", "list", "--kubernetes-version", "v"+version).Output()
	if err != nil {
		return fmt.Errorf("kubeadm config images list: %w", err)
	}
	for _, reference := range lines(string(said)) {
		name := strings.TrimPrefix(reference, "registry.k8s.io/")
		image, err := c.image(strings.SplitN(name, ":", 2)[0], version)
		if err != nil {
			return err
		}
		if strings.HasPrefix(name, "pause:") {
			c.pause = reference
		}
		if err := c.registry.Push(name, image); err != nil {
			return err
		}
	}
	engine := images.Program(c.part("kube-router/kube-router"))
	if err := addTables(&engine, "/usr/sbin/ipset", "/usr/sbin/ip"); err != nil {
		return err
	}
	for reference, image := range map[string]images.Image{
		appImage:    {Files: map[string]string{"/app": c.part("app")}, Entrypoint: []string{"/app"}, User: "65532:65532"},
		policyImage: engine,
	} {
		_, name, _ := strings.Cut(reference, "/")
		if err := c.registry.Push(name, image); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) image(name, version string) (images.Image, error) {
	switch name {
	case "kube-apiserver", "kube-controller-manager", "kube-scheduler":
		return images.Program(filepath.Join(c.kubernetes(version), name)), nil
	case "kube-proxy":
		return c.proxyImage(version)
	case "etcd":
		return images.Program(filepath.Join(c.kubernetes(version), "etcd")), nil
	case "coredns/coredns":
		image := images.Program(c.part("coredns/coredns"))
		image.User = "65532:65532"
		return image, nil
	case "pause":
		return images.Image{Files: map[string]string{"/app": c.part("app")}, Entrypoint: []string{"/app", "pause"}, User: "65535:65535"}, nil
	}
	return images.Image{}, fmt.Errorf("kubeadm wants an image %q, for which nothing was built", name)
}

// proxyImage has the programs by which kube-proxy speaks to the kernel.
func (c *cluster) proxyImage(version string) (images.Image, error) {
	image := images.Program(filepath.Join(c.kubernetes(version), "kube-proxy"))
	return image, addTables(&image, "/usr/sbin/nft", "/usr/sbin/conntrack")
}

// addTables puts iptables into an image, with its extensions, and other programs of this machine.
func addTables(image *images.Image, programs ...string) error {
	extensions, err := filepath.Glob("/usr/lib/*/xtables/*.so")
	if err != nil {
		return err
	}
	programs = append(programs, "/usr/sbin/xtables-nft-multi")
	if err := image.Add(append(programs, extensions...)...); err != nil {
		return err
	}
	image.Links = map[string]string{}
	for _, name := range []string{"iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"} {
		image.Links["/usr/sbin/"+name] = "xtables-nft-multi"
	}
	// Where locks and temporary files are looked for.
	image.Texts = map[string]string{"/run/.here": "", "/tmp/.here": ""}
	return nil
}
