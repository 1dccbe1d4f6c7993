package vault

import (
	"errors"

	"golang.org/x/sys/windows"
)

// osPartSize is CRED_MAX_CREDENTIAL_BLOB_SIZE. go-keyring files the bytes as they are, not UTF-16.
const osPartSize = 5 * 512

// classify goes by the system error codes of CredReadW, CredWriteW and CredDeleteW.
func classify(err error) error {
	var code windows.Errno
	if !errors.As(err, &code) {
		return &Error{Kind: Failing, Err: err}
	}
	kind := Failing
	switch code {
	case windows.ERROR_NOT_FOUND:
		return ErrNotFound
	case windows.ERROR_NO_SUCH_LOGON_SESSION, // no profile loaded, or forbidden by policy
		windows.ERROR_NOT_LOGGED_ON, windows.ERROR_SERVICE_DISABLED, windows.ERROR_SERVICE_NOT_ACTIVE,
		windows.ERROR_SERVICE_NOT_FOUND, windows.RPC_S_SERVER_UNAVAILABLE:
		kind = Missing
	case windows.RPC_X_BAD_STUB_DATA, // the answer to a blob over the limit
		windows.ERROR_BAD_LENGTH, windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL,
		windows.ERROR_NOT_ENOUGH_QUOTA, windows.ERROR_NOT_ENOUGH_MEMORY, windows.ERROR_OUTOFMEMORY,
		windows.ERROR_NO_SYSTEM_RESOURCES:
		kind = Full
	case windows.ERROR_TIMEOUT:
		kind = Silent
	}
	return &Error{Kind: kind, Err: err}
}
