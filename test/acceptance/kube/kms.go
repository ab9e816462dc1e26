package main

import (
	"context"
	"errors"
	"time"

	"k8s.io/kms/pkg/service"
)

// plainKMS answers as a KMS plugin does, and keeps no secret: it gives back what it was given.
type plainKMS struct{}

const plainKey = "plain"

func (plainKMS) Decrypt(_ context.Context, _ string, request *service.DecryptRequest) ([]byte, error) {
	return request.Ciphertext, nil
}

func (plainKMS) Encrypt(_ context.Context, _ string, data []byte) (*service.EncryptResponse, error) {
	return &service.EncryptResponse{Ciphertext: data, KeyID: plainKey}, nil
}

func (plainKMS) Status(context.Context) (*service.StatusResponse, error) {
	return &service.StatusResponse{Version: "v2", Healthz: "ok", KeyID: plainKey}, nil
}

// kmsPlugin serves KMS v2 on a socket, where a bundle's EncryptionConfiguration expects the site's plugin.
func kmsPlugin(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: kube kms-plugin SOCKET")
	}
	return service.NewGRPCService(args[0], 10*time.Second, plainKMS{}).ListenAndServe()
}
