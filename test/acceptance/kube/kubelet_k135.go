//go:build k135

package main

import (
	"context"
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

func serveKubelet(ctx context.Context, config *kubeletconfig.KubeletConfiguration, tlsOptions *kubeletserver.TLSOptions) error {
	kubeletserver.ListenAndServeKubeletServer(ctx, nodeless{}, noAnalyzer{}, nil, nil, config, tlsOptions, nil, noop.NewTracerProvider())
	return errors.New("the kubelet's server ended")
}
