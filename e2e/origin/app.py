"""The routes of the original service on its framework. The parameters are taken from its source. The responses are stubs."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Form
from fastapi.responses import HTMLResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, EmailStr


class User(BaseModel):
    first_name: str
    last_name: str
    email: EmailStr
    phone: str
    country_code: str
    password: str
    is_email_verified: bool = False


Token = Annotated[str, Depends(OAuth2PasswordBearer(tokenUrl="/User1/login"))]
user = APIRouter(prefix="/User1")
PAGE = HTMLResponse("<!doctype html><title>page</title>")


@user.get("/")
async def get_user(id: str, _: Token):
    return {"id": id}


@user.post("/create")
async def create_user(user_data: User):
    return {"message": "User created successfully", "Email": user_data.email, "id": "1"}


@user.post("/login")
async def login_user(request_form: OAuth2PasswordRequestForm = Depends()):
    return {"access_token": request_form.username, "token_type": "bearer"}


@user.get("/verify")
async def verify_email(token: str):
    return PAGE


@user.get("/forget_password")
async def forget_password(email: str):
    return {"message": "Password reset link sent to your email"}


@user.get("/reset_password_form")
async def reset_password_form(token: str):
    return PAGE


@user.post("/reset_password")
async def reset_password(token: str, password: Annotated[str, Form()]):
    return PAGE


@user.post("/otp_phone")
async def otp_phone(id: str, phone: str):
    return {"message": "OTP generated successfully", "otp": 123456}


@user.get("/verify_otp_phone")
async def verify_otp_phone(token: str, otp: int):
    return {"message": "OTP verified successfully"}


@user.get("/logout")
async def logout(_: Token):
    return {"message": "Logout successfully"}


@user.delete("/delete")
async def delete_user(id: str, email: str, _: Token):
    return {"message": f"User with id {id} and email {email} deleted successfully"}


app = FastAPI()
app.include_router(user)
