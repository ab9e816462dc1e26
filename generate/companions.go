package generate

import "github.com/hardstrap/hardstrap/internal/settings"

// companionPlaces lists the files for software besides Kubernetes.
func companionPlaces() []place {
	return nil
}

// companionDrafts makes a file for every companion that was asked for.
func companionDrafts(in *Input) ([]draft, error) {
	return objectDrafts(in, settings.Companion, companionPlaces())
}
