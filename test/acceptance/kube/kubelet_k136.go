//go:build k136 || k137

package main

import (
	"context"
	"crypto/tls"
	"errors"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/trace/noop"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
	"k8s.io/kubernetes/cmd/kubelet/app/options"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/kubernetes/pkg/kubelet/kubeletconfig/configfiles"
	kubeletserver "k8s.io/kubernetes/pkg/kubelet/server"
)

func newKubeletCommand() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) }

func loadKubelet(ctx context.Context, loader configfiles.Loader) (*kubeletconfig.KubeletConfiguration, error) {
	return loader.Load(ctx)
}

func initializeTLS(ctx context.Context, flags *options.KubeletFlags, config *kubeletconfig.KubeletConfiguration) (*kubeletserver.TLSOptions, error) {
	return kubelet.InitializeTLS(ctx, flags, config)
}

// serveKubelet builds the TLS configuration as NewMainKubelet does (kubernetes@v1.37.0/pkg/kubelet/kubelet.go:923-954;
// the same in v1.36.3), which cannot be called without a node.
func serveKubelet(ctx context.Context, config *kubeletconfig.KubeletConfiguration, tlsOptions *kubeletserver.TLSOptions) error {
	certificate, err := tls.LoadX509KeyPair(tlsOptions.CertFile, tlsOptions.KeyFile)
	if err != nil {
		return err
	}
	kubeletserver.ListenAndServeKubeletServer(ctx, nodeless{}, noAnalyzer{}, nil, nil, config, &tls.Config{
		MinVersion:       tlsOptions.MinVersion,
		CipherSuites:     tlsOptions.CipherSuites,
		CurvePreferences: tlsOptions.CurvePreferences,
		Certificates:     []tls.Certificate{certificate},
	}, nil, noop.NewTracerProvider())
	return errors.New("the kubelet's server ended")
}
