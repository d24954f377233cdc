//! Known devices of a user who has proved more than an address: which one a request presents, and what it keeps.

use super::{RawField, Scope};
use crate::{
    account::User,
    session::device::{self, DeviceOwner, KnownDevice},
};

impl Scope<'_> {
    /// Returns the known device of a user that a request presents.
    pub(in crate::service) fn known_device(&self, user: &User, presented: &[RawField]) -> Option<KnownDevice> {
        let owner = DeviceOwner::from(user);
        let texts = device::texts(presented.iter().filter_map(RawField::text));
        texts.into_iter().find_map(|text| KnownDevice::parse(self.ctx, &self.realm.keys, owner, text))
    }

    /// Returns the value for the client: this device, and the devices of other accounts that the client presents.
    pub(in crate::service) fn device_value(&self, device: &KnownDevice, user: &User, presented: &[RawField]) -> String {
        let device = device.expose(self.ctx, &self.realm.keys, DeviceOwner::from(user));
        device::joined(&device, presented.iter().filter_map(RawField::text))
    }
}
