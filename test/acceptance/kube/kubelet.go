package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/cmd/kubelet/app/options"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/kubernetes/pkg/kubelet/kubeletconfig/configfiles"
	kubeletserver "k8s.io/kubernetes/pkg/kubelet/server"
	"k8s.io/kubernetes/pkg/kubelet/server/stats"
	utilfs "k8s.io/kubernetes/pkg/util/filesystem"
)

// nodeless stands where the kubelet gives its server the node's state: nothing asks for it before a request is
// served, and only the listener is looked at.
type nodeless struct{ kubeletserver.HostInterface }

// noAnalyzer stands for the node's statistics in the same way.
type noAnalyzer struct{ stats.ResourceAnalyzer }

// kubeletServer starts the kubelet's own HTTPS server with the TLS settings of a configuration file, read and set
// up by the kubelet's own code. It returns only on failure.
func kubeletServer(args []string) error {
	if len(args) != 4 {
		return errors.New("usage: kube kubelet-server CONFIG CERT KEY HOST:PORT")
	}
	ctx := context.Background()
	loader, err := configfiles.NewFsLoader(&utilfs.DefaultFs{}, args[0])
	if err != nil {
		return err
	}
	config, err := loadKubelet(ctx, loader)
	if err != nil {
		return err
	}
	if err := utilfeature.DefaultMutableFeatureGate.SetFromMap(config.FeatureGates); err != nil {
		return err
	}
	// A serving certificate comes from a CSR or from the node's disk: both are kubeadm's to stand in for here.
	config.TLSCertFile, config.TLSPrivateKeyFile = args[1], args[2]
	if err := listenOn(config, args[3]); err != nil {
		return err
	}
	tlsOptions, err := initializeTLS(ctx, options.NewKubeletFlags(), config)
	if err != nil {
		return fmt.Errorf("TLS settings: %w", err)
	}
	return serveKubelet(ctx, config, tlsOptions)
}

// listenOn makes the server listen on address only.
func listenOn(config *kubeletconfig.KubeletConfiguration, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	number, err := strconv.ParseInt(port, 10, 32)
	if err != nil {
		return err
	}
	config.Address, config.Port = host, int32(number)
	return nil
}
