//! Known devices of a user who has proved more than an address: recognising them, and issuing their values.

use super::{RawField, Scope};
use crate::{
    account::User,
    session::device::{self, DeviceOwner, KnownDevice},
};

impl Scope<'_> {
    /// Returns the known device of a user that the request presents.
    pub(in crate::service) fn known_device(&self, user: &User, presented: &[RawField]) -> Option<KnownDevice> {
        let owner = DeviceOwner::from(user);
        let texts = device::texts(presented.iter().filter_map(RawField::text));
        texts.into_iter().find_map(|text| KnownDevice::parse(self.ctx, &self.realm.keys, owner, text))
    }

    /// Returns the value for the client. It contains this device and the devices of other accounts that the client
    /// presented.
    pub(in crate::service) fn device_value(&self, device: &KnownDevice, user: &User, presented: &[RawField]) -> String {
        let device = device.expose(self.ctx, &self.realm.keys, DeviceOwner::from(user));
        device::joined(&device, presented.iter().filter_map(RawField::text))
    }
}
