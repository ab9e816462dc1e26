//go:build !linux && !darwin

package bundle

// exchange is not offered by this system.
func exchange(string, string) error { return errNoExchange }
