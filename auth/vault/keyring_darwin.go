package vault

import (
	"errors"
	"os/exec"
)

// osPartSize keeps go-keyring's line for /usr/bin/security well under its 4,096 bytes: the value
// in base64 once more, both names, and some 60 bytes around them. Above the limit go-keyring would
// leave a security process waiting for ever.
const osPartSize = 2048

// classify goes by the exit code of /usr/bin/security: the low byte of the Security
// framework's OSStatus, named beside it.
func classify(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		if errors.Is(err, exec.ErrNotFound) {
			return &Error{Kind: Missing, Err: err}
		}
		return &Error{Kind: Failing, Err: err}
	}
	kind := Failing
	switch exit.ExitCode() {
	case 44: // errSecItemNotFound -25300
		return ErrNotFound
	case 37, // errSecNoDefaultKeychain -25307
		50, // errSecNoSuchKeychain -25294
		53: // errSecNotAvailable -25291
		kind = Missing
	case 36, // errSecInteractionNotAllowed -25308
		51,  // errSecAuthFailed -25293
		128: // errSecUserCanceled -128
		kind = Locked
	case 222: // errSecDskFull -34
		kind = Full
	}
	return &Error{Kind: kind, Err: err}
}
