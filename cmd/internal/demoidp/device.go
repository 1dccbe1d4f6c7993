package demoidp

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// device is a sign-in by code (RFC 8628).
type device struct {
	userCode string
	state    op.DeviceAuthorizationState
}

// StoreDeviceAuthorization implements [op.DeviceAuthorizationStorage].
func (s *store) StoreDeviceAuthorization(_ context.Context, clientID, deviceCode, userCode string, expires time.Time, scopes []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	if s.deviceByUserCode(userCode) != nil {
		return op.ErrDuplicateUserCode
	}
	s.devices[digestOf(deviceCode)] = &device{
		userCode: plainCode(userCode),
		state:    op.DeviceAuthorizationState{ClientID: clientID, Scopes: onlySupported(scopes), Expires: expires},
	}
	return nil
}

// GetDeviceAuthorizatonState implements [op.DeviceAuthorizationStorage]. Once
// the person has answered, the code is used up.
func (s *store) GetDeviceAuthorizatonState(_ context.Context, clientID, deviceCode string) (*op.DeviceAuthorizationState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.devices[digestOf(deviceCode)]
	if d == nil || d.state.ClientID != clientID {
		return nil, errors.New("unknown device code")
	}
	if d.state.Done || d.state.Denied {
		delete(s.devices, digestOf(deviceCode))
	}
	state := d.state
	return &state, nil
}

// plainCode is a user code as it is compared: people may leave out the dash
// and use small letters.
func plainCode(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}

func (s *store) deviceByUserCode(userCode string) *device {
	for _, d := range s.devices {
		if d.userCode == plainCode(userCode) && !d.state.Done && !d.state.Denied && s.now().Before(d.state.Expires) {
			return d
		}
	}
	return nil
}

func (s *store) deviceWaits(userCode string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deviceByUserCode(userCode) != nil
}

// answerDevice lets a device in as this person, or with "" not at all. It reports if
// the code was waiting.
func (s *store) answerDevice(userCode, subject string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.deviceByUserCode(userCode)
	if d == nil {
		return false
	}
	if _, ok := person(subject); !ok {
		d.state.Denied = true
		return true
	}
	d.state.Done, d.state.Subject, d.state.AuthTime = true, subject, s.now()
	return true
}
