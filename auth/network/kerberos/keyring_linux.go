package kerberos

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// MIT's library keeps a cache in the kernel's keyrings (cc_keyring.c): a collection is a
// keyring "_krb_NAME" ("_krb" in the person's persistent keyring), with a key that names the
// primary cache. A cache is a keyring in it, with a key for the client and one for each
// ticket.
const (
	keyPrimary = "krb_ccache:primary"
	keyClient  = "__krb5_princ__"
	keyOffsets = "__krb5_time_offsets__"
	maxKeys    = 1000
)

// readKeyring reads a cache by its name behind "KEYRING:".
func readKeyring(residual string) ([]byte, error) {
	anchor, collection, cache, err := keyringNames(residual)
	if err != nil {
		return nil, err
	}
	in, err := unix.KeyctlSearch(anchor, "keyring", collection, 0)
	if err != nil {
		return nil, keyringError(err)
	}
	if cache == "" {
		if cache, err = primaryCache(in, residual); err != nil {
			return nil, err
		}
	}
	ring, err := unix.KeyctlSearch(in, "keyring", cache, 0)
	if err != nil {
		return nil, keyringError(err)
	}
	return readRing(ring)
}

// keyringNames names the keyring of the collection, the collection, and the cache, "" for the
// primary one.
func keyringNames(residual string) (anchor int, collection, cache string, err error) {
	kind, rest, ok := strings.Cut(residual, ":")
	if !ok {
		kind, rest = "session", residual // as it was in the beginning
	}
	name, cache, _ := strings.Cut(rest, ":")
	switch kind {
	case "persistent":
		uid := os.Getuid()
		if name != "" {
			if uid, err = strconv.Atoi(name); err != nil {
				return 0, "", "", fmt.Errorf("%q is no number of a person", name)
			}
		}
		anchor, err := unix.KeyctlInt(unix.KEYCTL_GET_PERSISTENT, uid, unix.KEY_SPEC_PROCESS_KEYRING, 0, 0)
		if err != nil {
			return 0, "", "", keyringError(err)
		}
		return anchor, "_krb", cache, nil
	case "session":
		anchor = unix.KEY_SPEC_SESSION_KEYRING
	case "user":
		anchor = unix.KEY_SPEC_USER_KEYRING
	case "process":
		anchor = unix.KEY_SPEC_PROCESS_KEYRING
	case "thread":
		anchor = unix.KEY_SPEC_THREAD_KEYRING
	default:
		return 0, "", "", errors.ErrUnsupported
	}
	return anchor, "_krb_" + name, cache, nil
}

// primaryCache is the cache named by the collection's key; without it, the cache has the
// collection's own name.
func primaryCache(collection int, residual string) (string, error) {
	key, err := unix.KeyctlSearch(collection, "user", keyPrimary, 0)
	if errors.Is(err, unix.ENOKEY) {
		name := residual[strings.LastIndex(residual, ":")+1:]
		if strings.HasPrefix(residual, "persistent:") {
			name = "tkt"
		}
		return name, nil
	}
	if err != nil {
		return "", keyringError(err)
	}
	raw, err := readKey(key)
	if err != nil {
		return "", err
	}
	r := &reader{rest: raw}
	version, name := r.uint32(), string(r.data())
	if version != 1 || r.broken {
		return "", errCache
	}
	return name, nil
}

// readRing puts a cache together.
func readRing(ring int) ([]byte, error) {
	ids, err := readKey(ring)
	if err != nil {
		return nil, err
	}
	var client []byte
	var tickets [][]byte
	for n := 0; len(ids) >= 4 && n < maxKeys; n++ {
		id := int(int32(binary.NativeEndian.Uint32(ids))) // #nosec G115 -- its bits
		ids = ids[4:]
		about, err := unix.KeyctlString(unix.KEYCTL_DESCRIBE, id)
		if err != nil {
			continue // it has just been removed
		}
		kind, name, ok := described(about)
		if !ok || kind != "user" && kind != "big_key" || name == keyOffsets || name == keyPrimary {
			continue
		}
		raw, err := readKey(id)
		switch {
		case err != nil:
			return nil, err
		case name == keyClient:
			client = raw
		default:
			tickets = append(tickets, raw)
		}
	}
	if client == nil {
		return nil, errNone
	}
	out := append(fileHeader(), client...)
	for _, t := range tickets {
		out = append(out, t...)
	}
	return out, nil
}

// described takes "type;uid;gid;permissions;name" apart.
func described(about string) (kind, name string, ok bool) {
	fields := strings.SplitN(strings.TrimRight(about, "\x00"), ";", 5)
	if len(fields) != 5 {
		return "", "", false
	}
	return fields[0], fields[4], true
}

// readKey is a key's content, or the list of a keyring's keys.
func readKey(id int) ([]byte, error) {
	buffer := make([]byte, 4<<10)
	for range 4 {
		n, err := unix.KeyctlBuffer(unix.KEYCTL_READ, id, buffer, 0)
		switch {
		case err != nil:
			return nil, keyringError(err)
		case n > maxCache:
			return nil, errors.New("it is too large")
		case n <= len(buffer):
			return buffer[:n], nil
		}
		buffer = make([]byte, n)
	}
	return nil, errors.New("it changes again and again")
}

// keyringError tells a missing key from one that may not be read.
func keyringError(err error) error {
	switch {
	case errors.Is(err, unix.ENOKEY), errors.Is(err, unix.EKEYEXPIRED), errors.Is(err, unix.EKEYREVOKED):
		return errNone
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EOPNOTSUPP):
		return errors.ErrUnsupported
	}
	return err
}
